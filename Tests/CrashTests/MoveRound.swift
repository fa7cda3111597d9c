import Foundation
import Processes
import Testing

/// One move during which a node dies at a call of the disk.
struct MoveRound: Sendable, CustomTestStringConvertible {
    enum Victim: String, CaseIterable, Sendable {
        case source, target, catalog
    }

    let victim: Victim
    let failpoint: String

    var testDescription: String { "\(victim) \(failpoint)" }

    /// - Parameter from: moves it there first; nil takes it from where it is.
    /// - Returns: whether the failpoint was met.
    func run(_ pair: CrashPair, _ ledger: MoveLedger, from: String? = nil) throws -> Bool {
        if let from { try Self.bring(ledger.name, to: from, pair) }
        let source = try pair.owner(ledger.name)
        let target = CrashPair.other(source)
        let node = victim == .catalog ? "n1" : victim == .source ? source : target
        try pair.restart(node, failingAt: failpoint)
        ledger.start(writers: 2, pause: 5_000)
        usleep(50_000)
        pair.arm()
        Self.ask(pair, ledger.name, target)
        Self.wait(pair, node)
        try pair.mend()
        try Self.expectSettled(pair, ledger, testDescription)
        let log = pair.nodes[node]!.server.logText
        return CrashHouse.hasMetFailpoint(log)
    }

    /// Until the move has ended or the node.
    private static func wait(_ pair: CrashPair, _ node: String) {
        for _ in 0..<200 where pair.nodes[node]!.server.isRunning {
            let answer = try? Wire(port: pair.first.port).send("GET", "/v1/moves")
            let newest = (answer?.object["items"] as? [[String: Any]])?.first?["state"] as? String
            if newest == "done" || newest == "aborted" {
                // What comes after its end, such as putting the old copy away.
                usleep(150_000)
                return
            }
            usleep(25_000)
        }
    }

    /// Asks for the move, whoever is there to be asked.
    ///
    /// - Returns: what they said.
    @discardableResult
    static func ask(_ pair: CrashPair, _ name: String, _ target: String) -> [String] {
        var said: [String] = []
        for port in pair.ports {
            let body = "{\"tenant\":\"\(name)\",\"to\":\"\(target)\"}"
            let answer = try? Wire(port: port).send("POST", "/v1/moves", body)
            if let answer, answer.status == 202 { return ["begun"] }
            said.append(answer.map { "\($0.status) \($0.text)" } ?? "no answer")
        }
        return said
    }

    /// Seconds within which a tenant can be moved whatever has happened: a lease that nobody renews, and what came before it.
    private static let patience = 60.0

    /// Moves it without a fault.
    static func bring(_ name: String, to node: String, _ pair: CrashPair) throws {
        let begin = Date()
        var said: [String: Int] = [:]
        while try pair.owner(name) != node {
            let waited = Date().timeIntervalSince(begin)
            try #require(waited < patience, "the tenant cannot be moved any more: \(said)\n\(pair.logs)")
            // A failpoint may be met long after its move.
            try pair.mend()
            for text in ask(pair, name, node) { said[text, default: 0] += 1 }
            let reason = try pair.settledMoves().newest
            said["ended: \(reason)", default: 0] += 1
            usleep(50_000)
        }
        let waited = Date().timeIntervalSince(begin)
        if waited > 5 { print("\(name) came to \(node) after \(waited) s: \(said)") }
    }

    /// What a move's sudden end must leave.
    static func expectSettled(_ pair: CrashPair, _ ledger: MoveLedger, _ what: String) throws {
        defer { ledger.stop() }
        do {
            _ = try pair.settledMoves()
            ledger.stop()
            let wrong = try ledger.check()
            try #require(wrong == [], "\(what)\n\(pair.logs)")
            let owners = try ["n1", "n2"].map { node in
                try pair.ask("GET", "/v1/tenants/\(ledger.name)", at: node) { $0.object["node"] as? String }
            }
            try #require(owners[0] == owners[1], "\(what)")
        } catch let error as CrashPair.Unanswered {
            Issue.record("\(what): \(error.what)\n\(pair.logs)")
            throw error
        }
    }

    /// Stops both and looks at their files: each tenant is where its row says, and nowhere else.
    static func expectOneOwner(_ pair: CrashPair) throws {
        // Copies of moves that came to nothing are dropped at the next look, files that nothing names after it. On a slow
        // machine a move may still come that somebody gave up asking for.
        usleep(1_500_000)
        _ = try pair.settledMoves()
        for _ in 0..<50 where try ["n1", "n2"].contains(where: { try !arrivals(pair, $0).isEmpty }) { usleep(100_000) }
        #expect(pair.second.stop() == 0)
        #expect(pair.first.stop() == 0)
        let stopped = ["n1", "n2"].map { StoppedNode(directory: pair.nodes[$0]!.server.directory, node: $0) }
        let rows = try stopped[0].placements()
        for node in stopped {
            let wrong = try node.check(rows)
            #expect(wrong == [], "\(node.node)")
            #expect(try arrivals(pair, node.node) == [], "\(node.node)")
        }
    }

    private static func arrivals(_ pair: CrashPair, _ node: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: pair.nodes[node]!.server.directory + "/arrivals")
    }

    /// Every kind of call that such a move makes on the victim, in every way in which it goes wrong.
    static func points(_ victim: Victim, _ pair: CrashPair, _ ledger: MoveLedger, from: String) throws -> [String] {
        _ = try MoveRound(victim: victim, failpoint: "none").run(pair, ledger, from: from)
        let node = victim == .source ? from : CrashPair.other(from)
        let names = CrashHouse.callsSeen(pair.nodes[node]!.server.logText)
        try #require(names.count > 3)
        return names.sorted().flatMap { name in
            let torn = name.hasSuffix("-write") ? ["\(name):*:torn"] : []
            return ["\(name):*", "\(name):*:after:lose", "\(name):*:lose", "\(name):*:mix"] + torn
        }
    }
}
