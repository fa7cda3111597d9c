import ArgumentParser
import Benchmarks
import Foundation
import Terminal

struct BenchEngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Durable writes and point reads in process, beside plain SQLite.",
        discussion: """
            Rowhouse's engine keeps --in-flight statements under way over all tenants. Beside it, on as many files: SQLite \
            in WAL mode with synchronous=FULL (as durable as Rowhouse) and with synchronous=OFF (not durable: the limit).
            """)

    @OptionGroup var options: BenchOptions
    @Option(help: "Statements under way at once.") var inFlight = 64
    @Option(help: "Threads of plain SQLite.") var peerThreads = 16
    @Option(help: "Lanes of the engine (default: one a core).") var lanes: Int?

    func validate() throws {
        guard (1...10_000).contains(inFlight) else { throw ValidationError("--in-flight takes 1 to 10000") }
        guard (1...1_024).contains(peerThreads) else { throw ValidationError("--peer-threads takes 1 to 1024") }
        guard lanes.map({ (1...256).contains($0) }) ?? true else { throw ValidationError("--lanes takes 1 to 256") }
    }

    func run() async throws {
        try await BenchRun.run(in: options.data) { directory, stop, progress in
            let machine = try MachineFacts.measure(directory)
            var benchmark = EngineBenchmark(directory: directory, rounds: options.plan)
            benchmark.workloads = options.workloads
            benchmark.inFlight = inFlight
            benchmark.peerThreads = options.noPeers ? 0 : peerThreads
            benchmark.stage.tenants = options.tenants
            benchmark.stage.lanes = lanes ?? machine.cores
            let comparisons = try await benchmark.run(until: stop, note: progress)
            return BenchReport(
                machine: machine,
                settings: [
                    ("tenants", options.tenants), ("inFlight", inFlight), ("lanes", benchmark.stage.lanes),
                    ("rounds", options.rounds),
                ], seconds: options.seconds, comparisons: comparisons)
        } show: { report in
            Console.write(options.json ? report.json.text(pretty: true) + "\n" : report.text(width: Console.width))
        }
    }
}
