import Foundation
import Processes

/// Two nodes that are made to crash: n1 with the catalog and n2 that uses it, or both with one in PostgreSQL.
final class CrashPair: @unchecked Sendable {
    // @unchecked: used by one test at a time.
    let nodes: [String: CrashHouse]
    private let key: String
    /// Failpoints count from when it exists.
    private let trigger: String

    /// - Parameter postgres: what both nodes' catalog is reached by; nil: n1 has it.
    init(_ settings: [String] = [], postgres: String? = nil) throws {
        let name = NSTemporaryDirectory() + "rowhouse-pair-" + UUID().uuidString
        key = name + ".key"
        trigger = name + ".armed"
        _ = FileManager.default.createFile(
            atPath: key, contents: Data((UUID().uuidString + UUID().uuidString).utf8),
            attributes: [.posixPermissions: 0o600])
        let common = ["cluster.key-file=\(key)", "node.advertise={url}"] + settings
        let shared = postgres.map { "catalog={postgres: \"\($0)\"}" }
        let first = try CrashHouse(node: "n1", (common + [shared].compactMap { $0 }).flatMap { ["--set", $0] })
        let other = shared ?? "catalog={remote: \"\(first.server.url)\"}"
        let second = try CrashHouse(node: "n2", (common + [other]).flatMap { ["--set", $0] })
        nodes = ["n1": first, "n2": second]
        // Each learns the other's address within a second.
        usleep(1_500_000)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: key)
        try? FileManager.default.removeItem(atPath: trigger)
    }

    var first: ServerProcess { nodes["n1"]!.server }
    var second: ServerProcess { nodes["n2"]!.server }
    var ports: [Int] { [first.port, second.port] }

    static func other(_ node: String) -> String { node == "n1" ? "n2" : "n1" }

    /// From its next start on the node fails so, once `arm` was called.
    func restart(_ node: String, failingAt failpoint: String?) throws {
        try? FileManager.default.removeItem(atPath: trigger)
        let house = nodes[node]!
        house.server.kill()
        house.failAt(failpoint, armedBy: failpoint == nil ? nil : trigger)
        try? FileManager.default.removeItem(atPath: house.server.log)
        try house.server.start()
    }

    func arm() { _ = FileManager.default.createFile(atPath: trigger, contents: nil) }

    /// Starts what has died.
    func mend() throws {
        for node in ["n1", "n2"] where !nodes[node]!.server.isRunning {
            nodes[node]!.failAt(nil)
            nodes[node]!.server.kill()
            do {
                try nodes[node]!.server.start()
            } catch {
                throw Unanswered(what: "\(node): \(error)\n\(logs)")
            }
        }
    }

    // MARK: Questions, asked until they are answered

    struct Unanswered: Error { let what: String }

    var logs: String { "n1:\n\(first.logText.suffix(3_000))\nn2:\n\(second.logText.suffix(3_000))" }

    /// - Parameter accept: nil asks again.
    func ask<Answer>(
        _ method: String, _ path: String, _ body: String? = nil, at node: String? = nil,
        accept: (Wire.Answer) -> Answer?
    ) throws -> Answer {
        var last = "nothing"
        for attempt in 0..<400 {
            let server = nodes[node ?? (attempt % 2 == 0 ? "n1" : "n2")]!.server
            if let answer = try? Wire(port: server.port).send(method, path, body) {
                if let accepted = accept(answer) { return accepted }
                last = "\(answer.status) \(answer.text)"
            }
            // One that its move did not bring to its call yet may come to it now.
            if attempt % 20 == 19 { try mend() }
            usleep(50_000)
        }
        throw Unanswered(what: "\(method) \(path): \(last)")
    }

    func create(_ name: String) throws {
        try ask("POST", "/v1/tenants", "{\"key\":\"\(name)\"}", at: "n1") {
            $0.status == 201 || $0.status == 409 ? () : nil
        }
        try ask(
            "POST", "/t/\(name)/v3/pipeline",
            HranaText.pipeline([HranaText.execute("CREATE TABLE IF NOT EXISTS m (v INTEGER, pad BLOB)")])
        ) { $0.rows() != nil ? () : nil }
    }

    func owner(_ name: String) throws -> String {
        try ask("GET", "/v1/tenants/\(name)") { $0.object["node"] as? String }
    }

    struct Moves {
        let states: [String]
        /// How the last one ended, and why.
        let newest: String
    }

    /// All moves; none is under way.
    func settledMoves() throws -> Moves {
        try ask("GET", "/v1/moves") { answer in
            guard let items = answer.object["items"] as? [[String: Any]] else { return nil }
            let states = items.compactMap { $0["state"] as? String }
            guard states.allSatisfy({ $0 == "done" || $0 == "aborted" }) else { return nil }
            let reason = items.first?["reason"] as? String ?? "no reason"
            return Moves(states: states, newest: "\(states.first ?? "none"), \(reason)")
        }
    }
}
