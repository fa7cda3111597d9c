import ArgumentParser
import Benchmarks
import Foundation
import Terminal

struct BenchHTTPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "Durable writes and point reads over HTTP, beside a bare NIO server and PostgreSQL.",
        discussion: """
            Without --url it starts a node of its own with credentials, and removes it again. With --url it makes tenants \
            named bench-… on that node and purges them afterwards; ROWHOUSE_TOKEN must then be an admin's, if the node has \
            any.

            One INSERT or one SELECT by key for each request, each on a stream of its own, over keep-alive connections that \
            wait for their answer. PostgreSQL is measured by pgbench where it is installed.
            """)

    @OptionGroup var options: BenchOptions
    @Option(help: "Connections, and clients of PostgreSQL.") var connections = 64
    @Option(help: "Threads of the load generator.") var generatorThreads = 1
    @Option(help: "Keep each server on this core, and the load off it.") var serverCore: Int?
    @Option(help: ArgumentHelp("A running node, instead of one that is started.", valueName: "url")) var url: String?
    @Option(help: "Token to present to it (default: ROWHOUSE_TOKEN).") var token: String?

    func validate() throws {
        guard (1...1_000).contains(connections) else { throw ValidationError("--connections takes 1 to 1000") }
        guard (1...64).contains(generatorThreads) else { throw ValidationError("--generator-threads takes 1 to 64") }
        guard url == nil || serverCore == nil else { throw ValidationError("--server-core is for a node of its own") }
        let cores = ProcessInfo.processInfo.processorCount
        guard serverCore.map({ (0..<cores).contains($0) }) ?? true else {
            throw ValidationError("--server-core takes 0 to \(cores - 1)")
        }
    }

    func run() async throws {
        try await BenchRun.run(in: options.data) { directory, stop, progress in
            let machine = try MachineFacts.measure(directory)
            if let serverCore { try Cores.leave(serverCore, of: machine.cores) }
            let stage = BenchStage(directory: directory, core: serverCore, stop: stop, progress: progress)
            let comparisons = try await stage.with(url: url, token: token, tenants: options.tenants) { target in
                try await measure(target, stage)
            }
            return BenchReport(
                machine: machine,
                settings: [
                    ("tenants", options.tenants), ("connections", connections), ("generatorThreads", generatorThreads),
                    ("rounds", options.rounds),
                ] + (serverCore.map { [("serverCore", $0)] } ?? []), seconds: options.seconds, comparisons: comparisons,
                remarks: remarks)
        } show: { report in
            Console.write(options.json ? report.json.text(pretty: true) + "\n" : report.text(width: Console.width))
        }
    }

    private func measure(_ target: LoadTarget, _ stage: BenchStage) async throws -> [Comparison] {
        var benchmark = HTTPBenchmark(target, directory: stage.directory, rounds: options.plan)
        benchmark.workloads = options.workloads
        benchmark.connections = connections
        benchmark.generatorThreads = generatorThreads
        guard !options.noPeers else { return try await benchmark.run(until: stage.stop, note: stage.progress) }
        let hello = try await stage.startHello()
        defer { hello.stopAtOnce() }
        benchmark.hello = (hello.port, hello.processIdentifier)
        let postgres = try await stage.startPostgres(tenants: options.tenants)
        defer { postgres?.stop() }
        benchmark.postgres = postgres
        return try await benchmark.run(until: stage.stop, note: stage.progress)
    }

    private var remarks: [String] {
        guard !options.noPeers, PostgresTools.find() == nil else { return [] }
        return ["PostgreSQL is not installed here, or nobody may run it: it was not measured."]
    }
}
