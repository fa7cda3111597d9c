/// Rows under headings, laid out for a terminal of a given width.
package struct Table: Sendable {
    package struct Column: Sendable {
        package let title: String
        /// Numbers stand right.
        package let isRight: Bool
        /// What the rows are about is cut only where cutting all others does not do.
        package let isKept: Bool

        package init(_ title: String, right: Bool = false, kept: Bool = false) {
            self.title = title
            self.isRight = right
            self.isKept = kept
        }
    }

    private static let gap = 2

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Missing cells are empty, those too many are dropped; cells are made visible (``TerminalText/visible(_:keepingLines:)``).
    package mutating func add(_ cells: [String]) {
        let missing = repeatElement("", count: max(0, columns.count - cells.count))
        rows.append((cells + missing).prefix(columns.count).map { TerminalText.visible($0) })
    }

    package var isEmpty: Bool { rows.isEmpty }

    /// Headings and rows, each line ending in a line end and without blanks before it.
    /// - Parameter width: columns of the terminal; `nil`: as wide as it takes, nothing is cut.
    package func text(width: Int?) -> String {
        let widths = fitted(to: width)
        return ([columns.map { TerminalText.visible($0.title) }] + rows).map { cells in
            var line = ""
            for (index, cell) in cells.enumerated() {
                if index > 0 { line += String(repeating: " ", count: Self.gap) }
                let shown = TerminalText.cut(cell, to: widths[index])
                line += TerminalText.padded(shown, to: widths[index], right: columns[index].isRight)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// Natural widths, the widest taken down first until all fit.
    private func fitted(to width: Int?) -> [Int] {
        let widths = columns.indices.map { index in
            rows.reduce(TerminalText.width(columns[index].title)) { max($0, TerminalText.width($1[index])) }
        }
        guard let width else { return widths }
        let kept = Set(columns.indices.filter { columns[$0].isKept })
        return ColumnWidths.fitted(widths, kept: kept, to: width - Self.gap * max(0, columns.count - 1))
    }
}
