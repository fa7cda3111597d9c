package import Hrana

/// What is known of a result at its end.
struct ResultSummary: Sendable {
    let rows: Int
    let affectedRows: Int64
    let lastInsertRowID: Int64?
}

/// Writes one result's rows in one format.
protocol RowFormatter: Sendable {
    mutating func begin(_ columns: [String], into out: inout String)
    mutating func row(_ values: [Value], into out: inout String)
    mutating func end(_ summary: ResultSummary, into out: inout String)
}

extension RowFormatter {
    func end(_ summary: ResultSummary, into out: inout String) {}
}

/// Makes text of results as they come. Nothing but the text that was not taken yet, and the first rows of an aligned result, is kept.
package struct ResultPrinter: Sendable {
    /// Characters' bytes after which the text should be taken and written.
    private static let portion = 64 << 10

    package let options: ResultOptions
    private var formatter: any RowFormatter
    private var columns = 0
    private var rows = 0
    private var out = ""

    package init(_ options: ResultOptions) {
        self.options = options
        formatter = Self.formatter(options)
    }

    private static func formatter(_ options: ResultOptions) -> any RowFormatter {
        switch options.format {
        case .table, .box, .markdown: AlignedRows(options)
        case .csv: CSVRows(options: options)
        case .json: JSONObjectRows(isArray: true)
        case .ndjson: JSONObjectRows(isArray: false)
        case .line: LineRows(options: options)
        case .answer: JSONAnswerRows()
        }
    }

    /// A statement's result begins.
    package mutating func begin(_ columns: [String]) {
        formatter = Self.formatter(options)
        self.columns = columns.count
        rows = 0
        if givesRows { formatter.begin(columns, into: &out) }
    }

    package mutating func row(_ values: [Value]) {
        rows += 1
        formatter.row(values, into: &out)
    }

    /// - Parameter changes: whether the statement is of a kind that changes rows, so that their number means something.
    package mutating func end(affectedRows: Int64, lastInsertRowID: Int64?, changes: Bool) {
        if givesRows {
            let summary = ResultSummary(rows: rows, affectedRows: affectedRows, lastInsertRowID: lastInsertRowID)
            formatter.end(summary, into: &out)
        } else if options.format.isForPeople, options.counts {
            out += changes ? "\(HumanText.count(affectedRows, "row")) changed\n" : "done\n"
        }
    }

    /// The whole answer is told of every statement, the other formats of those that have columns.
    private var givesRows: Bool { columns > 0 || options.format == .answer }

    /// Whether there is so much text that it should be written.
    package var isFull: Bool { out.utf8.count >= Self.portion }

    /// The text made since the last time.
    package mutating func take() -> String {
        defer { out = "" }
        return out
    }
}
