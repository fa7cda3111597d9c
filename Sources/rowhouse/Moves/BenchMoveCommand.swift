import ArgumentParser
import Benchmarks
import Foundation
import Seams
import Terminal

struct BenchMoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Moves of tenants between two nodes, under load.",
        discussion: """
            Starts two nodes on this machine. One large tenant goes from node to node and back again while requests come to it \
            through both, at a fixed rate; then many small ones go, with requests to one of them. How long a request took \
            counts from when it was to leave. What the disk writes by itself is measured in the same run.
            """)

    @Option(help: "Mebibytes of the large tenant.") var size = 1_024
    @Option(help: "Moves of it.") var moves = 8
    @Option(help: "Small tenants, each moved once.") var small = 1_000
    @Option(help: "Requests a second, half of them writes.") var rate = 200.0
    @Option(help: "Seconds of the same requests without moves.") var seconds = 5.0
    @Option(
        help: ArgumentHelp(
            "Folder on the disk to measure; a folder is made in it and removed again (default: /var/tmp).",
            valueName: "dir"))
    var data = "/var/tmp"
    @Flag(help: "Answer in JSON.") var json = false

    func validate() throws {
        guard (1...100_000).contains(size) else { throw ValidationError("--size takes 1 to 100000") }
        guard (1...1_000).contains(moves) else { throw ValidationError("--moves takes 1 to 1000") }
        guard (0...100_000).contains(small) else { throw ValidationError("--small takes 0 to 100000") }
        guard rate > 0, rate <= 10_000 else { throw ValidationError("--rate takes up to 10000") }
        guard seconds >= 0.05, seconds <= 3_600 else { throw ValidationError("--seconds takes 0.05 to 3600") }
    }

    func run() async throws {
        let found = MoveFindings()
        try await BenchRun.run(in: data) { directory, stop, progress in
            let machine = try MachineFacts.measure(directory)
            let stage = BenchStage(directory: directory, core: nil, stop: stop, progress: progress)
            progress("writing a file", 0)
            let bytes = Int64(min(size, 1_024)) << 20
            let disk = try await NodeCore.blocking {
                try WriteProbe.measure(directory, bytes: bytes, until: stop)
            }
            let pair = try await BenchPair.start(on: stage)
            let result = await Result {
                let load = PairLoad(pair: pair, rate: rate, seconds: seconds, stop: stop, progress: progress)
                found.add(try await load.large(megabytes: size, moves: moves, disk: disk))
                if small > 0 { found.add(try await load.small(count: small)) }
            }
            try await NodeCore.blocking { pair.stop() }
            try result.get()
            return BenchReport(
                machine: machine, settings: [("size", size), ("moves", moves), ("small", small), ("rate", Int(rate))],
                seconds: seconds, comparisons: [])
        } show: { report in
            Console.write(
                json ? found.json(report).text(pretty: true) + "\n" : report.text(width: Console.width) + found.text)
        }
    }
}
