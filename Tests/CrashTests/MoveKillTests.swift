import Foundation
import Processes
import Simulator
import Testing

/// Tenants move between two real nodes under writers through both, and a node is killed in the middle of it: afterwards
/// every acknowledged write is there exactly once, one node serves the tenant, and no move is left under way.
///
/// `ROWHOUSE_MOVE_SECONDS` goes on for longer, `ROWHOUSE_SWEEP` takes every call of the disk that a move makes, with
/// `ROWHOUSE_SWEEP_ONLY` those with that in their name, such as `source from n2: journal-sync:*:lose`.
@Suite(.serialized) struct MoveKillTests {
    static let environment = ProcessInfo.processInfo.environment
    static let seconds = Double(environment["ROWHOUSE_MOVE_SECONDS"] ?? "") ?? 4
    static let isWhole = environment["ROWHOUSE_SWEEP"] != nil
    static let only = environment["ROWHOUSE_SWEEP_ONLY"] ?? ""

    private static func isWanted(_ name: String) -> Bool { only.isEmpty || name.contains(only) }

    @Test func `a node killed at any time of a move`() throws {
        let pair = try CrashPair()
        let ledger = try MoveLedger("m", pair, megabytes: 3)
        let random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
        let end = Date().addingTimeInterval(Self.seconds)
        var kills = 0
        while Date() < end || kills < 3 {
            ledger.start(writers: 4)
            usleep(UInt32(random.below(100_000)))
            let target = CrashPair.other(try pair.owner(ledger.name))
            let victims = [["n1"], ["n2"], ["n1", "n2"]][random.below(5) == 0 ? 2 : random.below(2)]
            let asked = Thread { MoveRound.ask(pair, ledger.name, target) }
            asked.start()
            usleep(UInt32(random.below(random.once(in: 2) ? 30_000 : 250_000)))
            for victim in victims { pair.nodes[victim]!.server.kill() }
            kills += victims.count
            usleep(UInt32(random.below(300_000)))
            try pair.mend()
            try MoveRound.expectSettled(pair, ledger, "\(victims) killed on the way to \(target)")
        }
        #expect(ledger.count > 0)
        let moves = try pair.settledMoves().states
        print(
            "kills \(kills), writes \(ledger.count), moves done \(moves.filter { $0 == "done" }.count),",
            "aborted \(moves.filter { $0 == "aborted" }.count), refusals \(ledger.refusals)")
        try MoveRound.expectOneOwner(pair)
    }

    static let few = [
        MoveRound(victim: .target, failpoint: "arrival-write:1:torn"),
        MoveRound(victim: .target, failpoint: "offer-rename:1:after:lose"),
        MoveRound(victim: .source, failpoint: "tenant-rename:1"),
        MoveRound(victim: .catalog, failpoint: "journal-sync:2:lose"),
    ]

    /// While a large tenant's changes follow, and when its copy is sealed.
    static let fewBesideWrites = [
        MoveRound(victim: .target, failpoint: "arrival-write:4:torn"),
        MoveRound(victim: .target, failpoint: "arrival-sync:2:lose"),
        MoveRound(victim: .source, failpoint: "journal-sync:6:lose"),
    ]

    @Test(.enabled(if: !isWhole)) func `a node that dies at a call of the disk while a tenant moves`() throws {
        let pair = try CrashPair()
        let ledger = try MoveLedger("m", pair)
        for round in Self.few { _ = try round.run(pair, ledger) }
        let large = try MoveLedger("l", pair, megabytes: 3)
        for round in Self.fewBesideWrites { _ = try round.run(pair, large) }
        try MoveRound.expectOneOwner(pair)
    }

    @Test(.enabled(if: isWhole), arguments: MoveRound.Victim.allCases, ["n1", "n2"])
    func `the same at every call`(victim: MoveRound.Victim, source: String) throws {
        guard victim != .catalog else { return }
        for megabytes in [0, 3] { try sweep(victim, source, megabytes) }
    }

    private func sweep(_ victim: MoveRound.Victim, _ source: String, _ megabytes: Int) throws {
        let side = "\(victim) from \(source)\(megabytes > 0 ? ", large" : "")"
        let pair = try CrashPair()
        let ledger = try MoveLedger("m", pair, megabytes: megabytes)
        var (rounds, deaths) = (0, 0)
        for point in try MoveRound.points(victim, pair, ledger, from: source) where Self.isWanted("\(side): \(point)") {
            for nth in 1...40 {
                let failpoint = point.replacingOccurrences(of: "*", with: String(nth))
                let isMet = try MoveRound(victim: victim, failpoint: failpoint).run(pair, ledger, from: source)
                rounds += 1
                guard isMet else { break }
                deaths += 1
            }
        }
        print("\(side): rounds \(rounds), deaths \(deaths), writes \(ledger.count)")
        for node in ["n1", "n2"] { try pair.restart(node, failingAt: nil) }
        try MoveRound.expectOneOwner(pair)
    }
}
