import Benchmarks
import Synchronization
import Terminal

/// What a benchmark of catalogs found: a line for each catalog and kind of look-up.
final class FoundLines: Sendable {
    struct Line: Sendable {
        let catalog: String
        let what: String
        let inFlight: Int
        let measurement: Measurement
    }

    private let lines = Mutex<[Line]>([])

    func add(_ more: [Line]) { lines.withLock { $0 += more } }

    var hasPostgres: Bool { lines.withLock { $0.contains { $0.catalog.hasPrefix("PostgreSQL") } } }

    var text: String {
        var table = Table(
            [Table.Column("catalog", kept: true), Table.Column("look-up", kept: true)]
                + ["at once", "a second", "p50, µs", "p99, µs", "p99.9, µs"].map { Table.Column($0, right: true) })
        for line in lines.withLock({ $0 }) {
            let times = line.measurement.latencies.summary
            table.add(
                [line.catalog, line.what, "\(line.inFlight)", BenchReport.number(line.measurement.rate)]
                    + [times?.p50, times?.p99, times?.p999].map {
                        $0.map { BenchReport.number(Double($0) / 1000) } ?? "-"
                    })
        }
        return "\n" + table.text(width: Console.width)
    }

    func json(_ report: BenchReport) -> JSONValue {
        var lines: [JSONValue] = []
        for line in self.lines.withLock({ $0 }) {
            let times = line.measurement.latencies.summary
            lines.append(
                .object([
                    "catalog": .string(line.catalog), "lookUp": .string(line.what),
                    "inFlight": .integer(Int64(line.inFlight)), "perSecond": .number(line.measurement.rate),
                    "p50Nanoseconds": .integer(Int64(times?.p50 ?? 0)),
                    "p99Nanoseconds": .integer(Int64(times?.p99 ?? 0)),
                    "p999Nanoseconds": .integer(Int64(times?.p999 ?? 0)),
                ]))
        }
        guard case .object(var members) = report.json else { return .array(lines) }
        members["lookUps"] = .array(lines)
        return .object(members)
    }
}
