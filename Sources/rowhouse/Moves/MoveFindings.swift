import Benchmarks
import Synchronization
import Terminal

/// Moves of one kind: what they took, and what clients saw of them.
struct MoveFinding: Sendable {
    let name: String
    let samples: [MoveSample]
    /// Nanoseconds of all moves.
    let elapsed: UInt64
    /// Requests without moves, and beside them.
    let quiet: Measurement
    let busy: Measurement
    /// Bytes a second that the disk takes by itself.
    let disk: Double?

    /// Milliseconds that writes waited for, of the share of moves that waited shortest.
    func pause(_ share: Double) -> Int {
        let pauses = samples.map(\.pause).sorted()
        return pauses.isEmpty ? 0 : pauses[min(Int(Double(pauses.count) * share), pauses.count - 1)]
    }

    var bytesPerSecond: Double {
        Double(samples.reduce(0) { $0 + $1.bytes }) / (Double(max(elapsed, 1)) / 1e9)
    }

    var movesPerSecond: Double { Double(samples.count) / (Double(max(elapsed, 1)) / 1e9) }
}

/// What a benchmark of moves found.
final class MoveFindings: Sendable {
    private let list = Mutex<[MoveFinding]>([])

    func add(_ finding: MoveFinding) { list.withLock { $0.append(finding) } }

    var text: String { list.withLock { $0 }.map(Self.text).joined() }

    private static func text(_ finding: MoveFinding) -> String {
        var table = Table([Table.Column(finding.name, kept: true), Table.Column("", right: true)])
        func line(_ title: String, _ value: String) { table.add([title, value]) }
        line("moves", "\(finding.samples.count)")
        line("moves/s", BenchReport.number(finding.movesPerSecond))
        line("MB/s", BenchReport.number(finding.bytesPerSecond / 1e6))
        if let disk = finding.disk {
            line("of what the disk writes", "\(Int(finding.bytesPerSecond / disk * 100)) % of \(Int(disk / 1e6)) MB/s")
        }
        line("writes waited p50, ms", "\(finding.pause(0.5))")
        line("writes waited p99, ms", "\(finding.pause(0.99))")
        for (title, measurement) in [("without moves", finding.quiet), ("beside them", finding.busy)] {
            line("requests \(title)", "\(measurement.operations)")
            line("failed", "\(measurement.failureCount)")
            for (reason, times) in measurement.failures { line(TerminalText.visible(reason), "\(times)") }
            guard let summary = measurement.latencies.summary else { continue }
            line("latency p50, ms", BenchReport.number(Double(summary.p50) / 1e6))
            line("latency p99, ms", BenchReport.number(Double(summary.p99) / 1e6))
            line("longest, ms", BenchReport.number(Double(summary.longest) / 1e6))
        }
        return "\n" + table.text(width: Console.width)
    }

    func json(_ report: BenchReport) -> JSONValue {
        let findings = list.withLock { $0 }.map(Self.json)
        guard case .object(var members) = report.json else { return .array(findings) }
        members["moves"] = .array(findings)
        return .object(members)
    }

    private static func json(_ finding: MoveFinding) -> JSONValue {
        func requests(_ measurement: Measurement) -> JSONValue {
            let summary = measurement.latencies.summary
            return .object([
                "requests": .integer(Int64(measurement.operations)),
                "failed": .integer(Int64(measurement.failureCount)),
                "p50Nanoseconds": .integer(Int64(summary?.p50 ?? 0)),
                "p99Nanoseconds": .integer(Int64(summary?.p99 ?? 0)),
                "longestNanoseconds": .integer(Int64(summary?.longest ?? 0)),
            ])
        }
        return .object([
            "name": .string(finding.name), "moves": .integer(Int64(finding.samples.count)),
            "movesPerSecond": .number(finding.movesPerSecond), "bytesPerSecond": .number(finding.bytesPerSecond),
            "diskBytesPerSecond": finding.disk.map { .number($0) } ?? .null,
            "pauseP50MS": .integer(Int64(finding.pause(0.5))), "pauseP99MS": .integer(Int64(finding.pause(0.99))),
            "withoutMoves": requests(finding.quiet), "besideMoves": requests(finding.busy),
        ])
    }
}
