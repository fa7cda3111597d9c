/// How rows are written.
package enum ResultFormat: String, Sendable, CaseIterable {
    /// Columns under headings.
    case table
    /// The same between lines.
    case box
    case markdown
    /// RFC 4180 with line feeds; NULL is empty, an empty text is `""`.
    case csv
    /// One array of objects for each result.
    case json
    /// One object on each line.
    case ndjson
    /// Each column on a line of its own.
    case line
    /// The whole answer as `POST query` gives it: columns, rows, rows affected, the last row's id.
    case answer

    /// Those that may be asked for by name.
    package static let named = allCases.filter { $0 != .answer }

    /// Laid out for eyes; what does not fit is cut.
    package var isAligned: Bool { [.table, .box, .markdown].contains(self) }
    /// Shows besides rows what became of statements that give none.
    package var isForPeople: Bool { isAligned || self == .line }
}

package struct ResultOptions: Sendable {
    package var format: ResultFormat
    /// Stands for NULL where people read; nil: `NULL`, and nothing in CSV.
    package var null: String?
    package var headers = true
    /// Columns of the terminal that the rows go to; nil where they go elsewhere: nothing is cut, and CSV and JSON lines keep every byte.
    package var width: Int?
    /// Rows of a result that aligned formats show; 0: all of them.
    package var maxRows = 0
    /// Where to go for the rows that were not shown.
    package var moreRows = "--max-rows 0 shows all"
    /// Says how many rows there were or were changed.
    package var counts = true
    /// Columns' widths as asked for, from the first; 0: as wide as it takes.
    package var widths: [Int] = []

    package init(_ format: ResultFormat) { self.format = format }
}
