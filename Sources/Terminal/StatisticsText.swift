/// The answer of `GET stats`, for people.
package struct StatisticsText: Sendable {
    private let answer: JSONValue

    package init(_ answer: JSONValue) { self.answer = answer }

    /// - Parameter width: columns of the terminal; `nil`: as wide as it takes, nothing is cut.
    package func text(width: Int?) -> String {
        var text = summary
        text += table("top", "most time", ["TIME", "LONGEST"], width)
        text += table("slowest", "slowest", ["LONGEST", "TIME"], width)
        return text
    }

    private var summary: String {
        let number = { (name: String) in answer[name]?.integer ?? 0 }
        let latency = { (name: String) in Self.time(answer["latencyMS"]?[name]) }
        let lines = [
            ("size", HumanText.size(number("bytes"))), ("txid", String(number("txid"))),
            (
                "statements",
                "\(number("statements")), \(number("failures")) failed, since \(answer["since"]?.string ?? "-")"
            ),
            ("rows", "\(number("rowsRead")) read, \(number("rowsWritten")) written"),
            ("time", Self.time(answer["durationMS"])),
            (
                "latency",
                "p50 \(latency("p50")), p90 \(latency("p90")), p99 \(latency("p99")), longest \(latency("max"))"
            ),
        ]
        return lines.map { TerminalText.padded($0, to: 10) + "  " + TerminalText.visible($1) + "\n" }.joined()
    }

    private func table(_ member: String, _ title: String, _ times: [String], _ width: Int?) -> String {
        let statements = answer[member]?.array ?? []
        guard !statements.isEmpty else { return "" }
        var table = Table(
            times.map { Table.Column($0, right: true, kept: true) } + [
                Table.Column("COUNT", right: true, kept: true), Table.Column("READ", right: true, kept: true),
                Table.Column("WRITTEN", right: true, kept: true), Table.Column("STATEMENT"),
            ])
        for statement in statements {
            let shown = ["TIME": statement["totalMS"], "LONGEST": statement["maxMS"]]
            table.add(
                times.map { Self.time(shown[$0] ?? nil) }
                    + ["count", "rowsRead", "rowsWritten"].map { String(statement[$0]?.integer ?? 0) }
                    + [statement["sql"]?.string ?? ""])
        }
        return "\n\(title)\n" + table.text(width: width)
    }

    private static func time(_ milliseconds: JSONValue?) -> String {
        switch milliseconds {
        case .number(let value) where value < 1: "\(Int((value * 1_000).rounded())) µs"
        case .number(let value): HumanText.duration(.seconds(value / 1_000))
        case .integer(let value): HumanText.duration(.milliseconds(value))
        default: "-"
        }
    }
}
