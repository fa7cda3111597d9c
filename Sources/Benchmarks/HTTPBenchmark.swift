import NIOCore
import NIOPosix

/// `rowhouse bench http`: a node over HTTP, beside a bare NIO server and PostgreSQL, in one run.
package struct HTTPBenchmark: Sendable {
    package var target: LoadTarget
    /// The port of a running ``HelloServer`` and its process.
    package var hello: (port: Int, process: Int32)?
    package var postgres: PostgresServer?
    package var workloads = Workload.allCases
    package var rounds: Rounds
    package var connections = 64
    /// Event loops of the load generator, and threads of `pgbench`.
    package var generatorThreads = 1
    /// On the disk that is measured; for scripts and logs.
    package var directory: String

    package init(_ target: LoadTarget, directory: String, rounds: Rounds) {
        self.target = target
        self.directory = directory
        self.rounds = rounds
    }

    /// - Parameter note: what is being done, and how much of it is done, 0 to 1.
    /// - Throws: `.interrupted`, or why nothing can be measured.
    package func run(
        until stop: StopFlag, note: @escaping @Sendable (String, Double) -> Void
    ) async throws(BenchmarkError) -> [Comparison] {
        let benchmark = self
        return try await Blocking.run { () throws(BenchmarkError) in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: benchmark.generatorThreads)
            defer { try? group.syncShutdownGracefully() }
            var comparisons: [Comparison] = []
            for workload in benchmark.workloads {
                comparisons.append(try benchmark.compare(workload, group, stop, note))
            }
            return comparisons
        }
    }

    private func compare(
        _ workload: Workload, _ group: MultiThreadedEventLoopGroup, _ stop: StopFlag, _ note: (String, Double) -> Void
    ) throws(BenchmarkError) -> Comparison {
        var contenders: [any Contender] = [load("rowhouse", target, workload, group)]
        if let hello {
            // The same requests, so that what the generator does is the same.
            let ceiling = LoadTarget(
                host: "127.0.0.1", port: hello.port, tenants: target.tenants, processes: [hello.process])
            contenders.append(load("NIO hello", ceiling, workload, group))
        }
        if let postgres {
            contenders.append(
                try PostgresLoad(
                    postgres, workload, clients: connections, threads: generatorThreads, folder: directory))
        }
        let sums = try rounds.run(
            contenders, in: directory, until: stop, note: { text, done in note("\(workload.rawValue): \(text)", done) })
        return Comparison(workload: workload, contenders: zip(contenders, sums).map { ($0.name, $1) })
    }

    private func load(
        _ name: String, _ target: LoadTarget, _ workload: Workload, _ group: MultiThreadedEventLoopGroup
    ) -> HTTPLoad {
        HTTPLoad(name, target, workload, connections: connections, directory: directory, group: group)
    }
}
