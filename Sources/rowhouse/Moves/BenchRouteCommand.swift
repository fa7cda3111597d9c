import ArgumentParser
import Benchmarks
import Foundation
import Terminal

struct BenchRouteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route", abstract: "What it costs to ask any node: a hop to the owner, beside a bare proxy.",
        discussion: """
            Starts two nodes on this machine. The same requests go to the node that has the tenants, to the other one, which \
            passes them on, and to the first behind a process that hands bytes on without a look at them. CPU is that of all \
            processes on the way.
            """)

    @OptionGroup var options: BenchOptions
    @Option(help: "Connections.") var connections = 16
    @Option(help: "Threads of the load generator.") var generatorThreads = 1

    func validate() throws {
        guard (1...1_000).contains(connections) else { throw ValidationError("--connections takes 1 to 1000") }
        guard (1...64).contains(generatorThreads) else { throw ValidationError("--generator-threads takes 1 to 64") }
    }

    func run() async throws {
        try await BenchRun.run(in: options.data) { directory, stop, progress in
            let machine = try MachineFacts.measure(directory)
            let stage = BenchStage(directory: directory, core: nil, stop: stop, progress: progress)
            let pair = try await BenchPair.start(on: stage)
            let comparisons = await Result { try await measure(pair, stage) }
            try await NodeCore.blocking { pair.stop() }
            return BenchReport(
                machine: machine,
                settings: [
                    ("tenants", options.tenants), ("connections", connections), ("generatorThreads", generatorThreads),
                    ("rounds", options.rounds),
                ], seconds: options.seconds, comparisons: try comparisons.get())
        } show: { report in
            Console.write(options.json ? report.json.text(pretty: true) + "\n" : report.text(width: Console.width))
        }
    }

    private func measure(_ pair: BenchPair, _ stage: BenchStage) async throws -> [Comparison] {
        let tenants = try await pair.tenants(options.tenants, on: stage)
        let (owner, router) = (pair.nodes[0], pair.nodes[1])
        let proxy = try await stage.start(
            ["bench", "proxy-server", "--to", "\(owner.port)"], log: "proxy.log")
        defer { proxy.stopAtOnce() }
        func target(_ first: ChildServer, _ second: ChildServer? = nil) -> LoadTarget {
            LoadTarget(
                host: "127.0.0.1", port: first.port, tenants: tenants,
                processes: [first, second].compactMap { $0?.processIdentifier })
        }
        var benchmark = RouteBenchmark(
            router: target(router, owner), owner: target(owner), proxy: target(proxy, owner),
            directory: stage.directory, rounds: options.plan)
        benchmark.workloads = options.workloads
        benchmark.connections = connections
        benchmark.generatorThreads = generatorThreads
        return try await benchmark.run(until: stage.stop, note: stage.progress)
    }
}

extension BenchPair {
    /// Makes tenants, all of them on the first node.
    func tenants(_ count: Int, on stage: BenchStage) async throws -> [LoadTarget.Tenant] {
        let made = BenchTenants(client: clients[0], stop: stage.stop, progress: stage.progress)
        let list = try await made.create(count, template: true)
        for tenant in list {
            let key = String(tenant.path.dropFirst("/t/".count))
            let answer = try await clients[0].call(.get, RequestPath.build(["v1", "tenants", key]))
            if answer["node"]?.string != Self.names[0] {
                _ = try await move(key, to: Self.names[0], until: stage.stop)
            }
        }
        return list
    }
}
