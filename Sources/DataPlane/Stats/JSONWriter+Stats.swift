import FoundationEssentials
import Hrana
import Tenants
import Vocabulary

extension JSONWriter {
    /// The answer of `GET stats`.
    mutating func statistics(_ report: StatisticsReport, _ terms: StatsTerms) {
        bytes.append("{")
        number("bytes", report.bytes, isFirst: true)
        number("txid", Int64(clamping: report.bookmark.txid.rawValue))
        text("bookmark", report.bookmark.description)
        text("since", report.totals.since.rfc3339)
        number("statements", Int64(clamping: report.totals.statements))
        number("failures", Int64(clamping: report.totals.failures))
        number("rowsRead", report.totals.rowsRead)
        number("rowsWritten", report.totals.rowsWritten)
        milliseconds("durationMS", report.totals.nanoseconds)
        latencies(report)
        statements("top", report.top(terms.top))
        statements("slowest", report.slowest(terms.slowest))
        bytes.append("}")
    }

    private mutating func latencies(_ report: StatisticsReport) {
        name("latencyMS")
        bytes.append("{")
        text("since", report.opened.rfc3339, isFirst: true)
        milliseconds("p50", report.latencies.half)
        milliseconds("p90", report.latencies.ninety)
        milliseconds("p99", report.latencies.ninetyNine)
        milliseconds("max", report.latencies.longest)
        bytes.append("}")
    }

    private mutating func statements(_ title: String, _ statements: [StatisticsReport.Statement]) {
        name(title)
        bytes.append("[")
        for (index, statement) in statements.enumerated() {
            if index > 0 { bytes.append(",") }
            bytes.append("{")
            text("sql", statement.text, isFirst: true)
            number("count", Int64(clamping: statement.count))
            number("rowsRead", statement.rowsRead)
            number("rowsWritten", statement.rowsWritten)
            milliseconds("totalMS", statement.total)
            milliseconds("maxMS", statement.longest)
            bytes.append("}")
        }
        bytes.append("]")
    }

    // MARK: Members

    private mutating func name(_ name: String, isFirst: Bool = false) {
        if !isFirst { bytes.append(",") }
        string(name)
        bytes.append(":")
    }

    private mutating func number(_ name: String, _ value: Int64, isFirst: Bool = false) {
        self.name(name, isFirst: isFirst)
        integer(value)
    }

    private mutating func text(_ name: String, _ value: String, isFirst: Bool = false) {
        self.name(name, isFirst: isFirst)
        string(value)
    }

    private mutating func milliseconds(_ name: String, _ nanoseconds: UInt64) {
        self.name(name)
        milliseconds(nanoseconds: nanoseconds)
    }
}

extension WallTime {
    fileprivate var rfc3339: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
