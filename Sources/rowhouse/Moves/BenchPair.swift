import Access
import Benchmarks
import Foundation
import Seams
import Terminal

/// Two nodes of one cluster, each a process of its own, the first with the catalog.
struct BenchPair {
    let nodes: [ChildServer]
    let clients: [RemoteClient]

    static let names = ["n1", "n2"]

    /// - Parameter number: of a move to and fro, from 0.
    static func other(than home: String, _ number: Int = 0) -> String {
        (home == names[0]) == (number % 2 == 0) ? names[1] : names[0]
    }

    /// Starts both; they are ready when this returns.
    static func start(on stage: BenchStage) async throws -> BenchPair {
        stage.progress("starting two nodes", 0)
        let admin = AdminToken.make(name: "bench", scopes: [.admin], random: SystemRandom())
        let config = try stage.writeConfig(admin.configLine)
        let key = stage.directory + "/cluster.key"
        let digits = (0..<32).map { _ in String(UInt8.random(in: 16 ... .max), radix: 16) }.joined()
        try digits.write(toFile: key, atomically: false, encoding: .utf8)
        chmod(key, 0o600)
        let first = try FreePort.find()
        var nodes: [ChildServer] = []
        do {
            for (name, port) in zip(names, [first, try FreePort.find()]) {
                var arguments = [
                    "serve", "--config", config, "--data", "\(stage.directory)/\(name)", "--listen",
                    "127.0.0.1:\(port)", "--set", "node.id=\(name)", "--set", "cluster.key-file=\(key)", "--set",
                    "node.advertise=http://127.0.0.1:\(port)",
                ]
                if port != first { arguments += ["--set", "catalog={remote: \"http://127.0.0.1:\(first)\"}"] }
                nodes.append(try await stage.start(arguments, log: "\(name).log"))
                try await stage.awaitReady(RemoteClient(base: "http://127.0.0.1:\(port)", token: admin.token))
            }
        } catch {
            for node in nodes { node.stop() }
            throw error
        }
        return BenchPair(
            nodes: nodes,
            clients: nodes.map { RemoteClient(base: "http://127.0.0.1:\($0.port)", token: admin.token) })
    }

    func stop() { for node in nodes { node.stop() } }

    /// Moves a tenant and waits for the end.
    ///
    /// - Throws: `BenchmarkError.server` where it did not move, `.interrupted`.
    func move(_ key: String, to node: String, until stop: StopFlag) async throws -> MoveSample {
        let start = SystemTime().monotonic()
        var move = try await begin(key, to: node, until: stop)
        while let state = move["state"]?.string, state != "done", state != "aborted" {
            try await NodeParts.sleep(2_000_000)
            if stop.isSet { throw BenchmarkError.interrupted }
            move = try await clients[0].call(.get, RequestPath.build(["v1", "moves", move["id"]?.string ?? ""]))
        }
        guard move["state"]?.string == "done" else {
            throw BenchmarkError.server("a move ended: \(move["reason"]?.string ?? move.text())")
        }
        return MoveSample(
            bytes: Int(move["bytes"]?.integer ?? 0), pause: Int(move["pauseMS"]?.integer ?? 0),
            nanoseconds: SystemTime().monotonic().nanoseconds(since: start))
    }

    /// A node takes part in few moves at once, and says so.
    private func begin(_ key: String, to node: String, until stop: StopFlag) async throws -> JSONValue {
        while true {
            do throws(CommandFailure) {
                return try await clients[0].call(
                    .post, "/v1/moves", body: .object(["tenant": .string(key), "to": .string(node)]))
            } catch {
                guard error.code == "busy", !stop.isSet else { throw error }
            }
            try await NodeParts.sleep(2_000_000)
        }
    }
}

/// What one move was.
struct MoveSample {
    let bytes: Int
    /// Milliseconds for which writes waited.
    let pause: Int
    let nanoseconds: UInt64
}
