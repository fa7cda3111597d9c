import NIOCore
import NIOPosix

/// `rowhouse bench route`: requests through a node that has to ask another, beside the owner itself and the owner behind a bare
/// proxy, in one run.
package struct RouteBenchmark: Sendable {
    /// The CPU of each is that of all processes on the way.
    package var router: LoadTarget
    package var owner: LoadTarget
    package var proxy: LoadTarget
    package var workloads = Workload.allCases
    package var rounds: Rounds
    package var connections = 64
    package var generatorThreads = 1
    /// On the disk that is measured.
    package var directory: String

    package init(
        router: LoadTarget, owner: LoadTarget, proxy: LoadTarget, directory: String, rounds: Rounds
    ) {
        self.router = router
        self.owner = owner
        self.proxy = proxy
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
                let contenders = benchmark.contenders(workload, group)
                let sums = try benchmark.rounds.run(
                    contenders, in: benchmark.directory, until: stop,
                    note: { text, done in note("\(workload.rawValue): \(text)", done) })
                comparisons.append(
                    Comparison(workload: workload, contenders: zip(contenders, sums).map { ($0.name, $1) }))
            }
            return comparisons
        }
    }

    private func contenders(_ workload: Workload, _ group: MultiThreadedEventLoopGroup) -> [any Contender] {
        [("through the other node", router), ("at the owner", owner), ("through a bare proxy", proxy)].map {
            name, target in
            HTTPLoad(name, target, workload, connections: connections, directory: directory, group: group)
        }
    }
}
