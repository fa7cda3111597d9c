import Benchmarks
import Seams
import Terminal

/// Tenants on two nodes, moved while requests come to them.
struct PairLoad {
    let pair: BenchPair
    let rate: Double
    let seconds: Double
    let stop: StopFlag
    let progress: BenchRun.Progress

    /// Moves under way at once: as many as a node takes part in.
    private static let atOnce = 2

    /// One tenant, to and fro.
    func large(megabytes: Int, moves: Int, disk: Double) async throws -> MoveFinding {
        let key = "large"
        let home = try await make(key)
        try await fill(key, megabytes)
        let load = PacedLoad(clients: pair.clients, path: path(key), rate: rate, stop: stop)
        let quiet = try await alone(load)
        let (pair, stop, progress) = (pair, stop, progress)
        let (samples, busy) = try await load.during {
            var samples: [MoveSample] = []
            for number in 0..<moves {
                progress("moving \(megabytes) MiB", Double(number) / Double(moves))
                samples.append(try await pair.move(key, to: BenchPair.other(than: home, number), until: stop))
                // Between two moves, as it is after one.
                try await NodeParts.sleep(200_000_000)
            }
            return samples
        }
        return MoveFinding(
            name: "one tenant of \(megabytes) MiB", samples: samples,
            elapsed: samples.reduce(0) { $0 + $1.nanoseconds },
            quiet: quiet, busy: busy, disk: disk)
    }

    /// Many, each once, with requests to the first.
    func small(count: Int) async throws -> MoveFinding {
        var made: [String] = []
        for number in 0..<count {
            made.append(try await make("small-\(number)"))
            progress("creating \(count) small tenants", Double(number) / Double(count))
        }
        let load = PacedLoad(clients: pair.clients, path: path("small-0"), rate: rate, stop: stop)
        let quiet = try await alone(load)
        let (pair, stop, progress, homes) = (pair, stop, progress, made)
        let start = SystemTime().monotonic()
        let (samples, busy) = try await load.during {
            try await withThrowingTaskGroup(of: [MoveSample].self) { group in
                for worker in 0..<Self.atOnce {
                    group.addTask {
                        var samples: [MoveSample] = []
                        for number in stride(from: worker, to: count, by: Self.atOnce) {
                            let target = BenchPair.other(than: homes[number])
                            samples.append(try await pair.move("small-\(number)", to: target, until: stop))
                            progress("moving \(count) small tenants", Double(number) / Double(count))
                        }
                        return samples
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        return MoveFinding(
            name: "\(count) small tenants", samples: samples,
            elapsed: SystemTime().monotonic().nanoseconds(since: start), quiet: quiet, busy: busy, disk: nil)
    }

    private func alone(_ load: PacedLoad) async throws -> Measurement {
        progress("requests without moves", 0)
        let nanoseconds = UInt64(seconds * 1e9)
        return try await load.during { try await NodeParts.sleep(nanoseconds) }.1
    }

    private func path(_ key: String) -> String { RequestPath.build(["t", key, "v3", "pipeline"]) }

    /// - Returns: the node that has it.
    private func make(_ key: String) async throws -> String {
        if stop.isSet { throw BenchmarkError.interrupted }
        let made = try await pair.clients[0].call(.post, "/v1/tenants", body: .object(["key": .string(key)]))
        return made["node"]?.string ?? BenchPair.names[0]
    }

    private func fill(_ key: String, _ megabytes: Int) async throws {
        try await ask(key, "CREATE TABLE filling (id INTEGER PRIMARY KEY, body BLOB)")
        for number in 0..<megabytes {
            if stop.isSet { throw BenchmarkError.interrupted }
            progress("filling a tenant", Double(number) / Double(megabytes))
            try await ask(
                key,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 258) "
                    + "INSERT INTO filling (body) SELECT randomblob(3990) FROM n")
        }
    }

    private func ask(_ key: String, _ sql: String) async throws {
        let body: JSONValue = .object([
            "requests": .array([
                .object(["type": .string("execute"), "stmt": .object(["sql": .string(sql)])]),
                .object(["type": .string("close")]),
            ])
        ])
        let answer = try await pair.clients[0].exchange(path(key), body).body
        if let error = answer["results"]?.array?.first?["error"] {
            throw BenchmarkError.server(error["message"]?.string ?? error.text())
        }
    }
}
