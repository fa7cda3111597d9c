import ArgumentParser
import Benchmarks
import Foundation
import Terminal

/// What all benchmarks ask.
struct BenchOptions: ParsableArguments {
    @Option(help: "Tenants that the load is spread over.") var tenants = 1_000
    @Option(help: "Seconds of measuring, for each contender and workload.") var seconds = 10.0
    @Option(help: "Turns that those seconds are dealt out to.") var rounds = 3
    @Option(help: "Seconds of uncounted work before, for each contender.") var warmUp = 2.0
    @Option(help: "Only this workload: writes or reads.") var workload: Workload?
    @Option(
        help: ArgumentHelp(
            "Folder on the disk to measure; a folder is made in it and removed again (default: /var/tmp).",
            valueName: "dir"))
    var data = "/var/tmp"
    @Flag(help: "Leave the peers out.") var noPeers = false
    @Flag(help: "Answer in JSON.") var json = false

    func validate() throws {
        guard (1...1_000_000).contains(tenants) else { throw ValidationError("--tenants takes 1 to 1000000") }
        guard seconds >= 0.05, seconds <= 3_600 else { throw ValidationError("--seconds takes 0.05 to 3600") }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds takes 1 to 100") }
        guard warmUp >= 0, warmUp <= 3_600 else { throw ValidationError("--warm-up takes 0 to 3600") }
    }

    var workloads: [Workload] { workload.map { [$0] } ?? Workload.allCases }

    var plan: Rounds {
        Rounds(nanoseconds: UInt64(seconds * 1e9), count: rounds, warmUp: UInt64(warmUp * 1e9))
    }
}

extension Workload: ExpressibleByArgument {}
