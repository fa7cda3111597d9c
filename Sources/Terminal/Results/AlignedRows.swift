import Hrana

/// Rows in columns. Widths are found from the first rows; those after them are written as they come, so that a result of
/// any size passes through a bounded memory. What is wider than its column then is cut on a terminal and sticks out elsewhere.
struct AlignedRows: RowFormatter {
    /// Rows and bytes of them that are looked at before the first is written.
    private static let sample = 1_000
    private static let sampleBytes = 1 << 20

    private let options: ResultOptions
    private let style: Style
    private var titles: [String] = []
    private var waiting: [[String]] = []
    private var waitingBytes = 0
    private var isNumeric: [Bool?] = []
    private var widths: [Int]?
    private var shown = 0

    init(_ options: ResultOptions) {
        self.options = options
        style = Style.of(options.format)
    }

    mutating func begin(_ columns: [String], into out: inout String) {
        titles = columns.map { escaped(TerminalText.visible($0)) }
        isNumeric = columns.map { _ in nil }
    }

    mutating func row(_ values: [Value], into out: inout String) {
        guard options.maxRows == 0 || shown < options.maxRows else { return }
        shown += 1
        let cells = values.prefix(titles.count).map { cell($0) }
        if let widths { return write(cells, widths, into: &out) }
        for (index, value) in values.prefix(titles.count).enumerated() where value != .null {
            isNumeric[index] = (isNumeric[index] ?? true) && ValueText.isNumber(value)
        }
        waiting.append(cells)
        waitingBytes += cells.reduce(0) { $0 + $1.utf8.count }
        if waiting.count >= Self.sample || waitingBytes >= Self.sampleBytes { release(into: &out) }
    }

    mutating func end(_ summary: ResultSummary, into out: inout String) {
        release(into: &out)
        out += style.bottom(widths ?? [])
        if shown < summary.rows {
            out += "(\(shown) of \(HumanText.count(Int64(summary.rows), "row")) shown; \(options.moreRows))\n"
        } else if options.counts, options.format != .markdown {
            out += "(\(HumanText.count(Int64(summary.rows), "row")))\n"
        }
    }

    private func cell(_ value: Value) -> String {
        let text = escaped(TerminalText.visible(ValueText.shown(value, null: options.null ?? "NULL")))
        // No more of it can be seen, and a thousand of them wait.
        return options.width.map { TerminalText.cut(text, to: max($0, 4)) } ?? text
    }

    private func escaped(_ text: String) -> String {
        options.format == .markdown ? text.replacing("|", with: "\\|") : text
    }

    private mutating func release(into out: inout String) {
        guard self.widths == nil else { return }
        let widths = layout()
        self.widths = widths
        out += style.top(widths)
        if options.headers {
            write(titles, widths, into: &out)
            out += style.rule(widths, right: isNumeric.map { $0 == true })
        }
        for cells in waiting { write(cells, widths, into: &out) }
        waiting = []
    }

    private func layout() -> [Int] {
        var widths = titles.indices.map { index in
            let asked = index < options.widths.count ? options.widths[index] : 0
            guard asked == 0 else { return asked }
            let title = options.headers ? TerminalText.width(titles[index]) : 0
            return max(style.narrowest, waiting.reduce(title) { max($0, TerminalText.width($1[index])) })
        }
        if let width = options.width { widths = ColumnWidths.fitted(widths, to: width - style.overhead(widths.count)) }
        return widths
    }

    private func write(_ cells: [String], _ widths: [Int], into out: inout String) {
        out += style.left
        for (index, cell) in cells.enumerated() {
            if index > 0 { out += style.between }
            let isCut = options.width != nil || (index < options.widths.count && options.widths[index] > 0)
            let text = isCut ? TerminalText.cut(cell, to: widths[index]) : cell
            let isRight = isNumeric[index] == true
            let isBare = style.right.isEmpty && index == cells.count - 1 && !isRight
            out += isBare ? text : TerminalText.padded(text, to: widths[index], right: isRight)
        }
        out += style.right + "\n"
    }
}

extension AlignedRows {
    /// What stands around cells.
    private struct Style {
        let left: String
        let between: String
        let right: String
        /// A column's least width.
        let narrowest: Int
        let topRule: Rule?
        let middle: Rule?
        let bottomRule: Rule?
        /// Says with colons where columns stand right.
        var marksSides = false

        struct Rule {
            let left: String
            let line: String
            let cross: String
            let right: String
        }

        static func of(_ format: ResultFormat) -> Style {
            switch format {
            case .box:
                Style(
                    left: "│ ", between: " │ ", right: " │", narrowest: 1,
                    topRule: Rule(left: "┌", line: "─", cross: "┬", right: "┐"),
                    middle: Rule(left: "├", line: "─", cross: "┼", right: "┤"),
                    bottomRule: Rule(left: "└", line: "─", cross: "┴", right: "┘"))
            case .markdown:
                Style(
                    left: "| ", between: " | ", right: " |", narrowest: 3, topRule: nil,
                    middle: Rule(left: "|", line: "-", cross: "|", right: "|"), bottomRule: nil, marksSides: true)
            default:
                Style(
                    left: "", between: "  ", right: "", narrowest: 1, topRule: nil, middle: nil, bottomRule: nil)
            }
        }

        func overhead(_ columns: Int) -> Int {
            left.count + right.count + between.count * max(0, columns - 1)
        }

        func top(_ widths: [Int]) -> String { topRule.map { line($0, widths) } ?? "" }
        func bottom(_ widths: [Int]) -> String { bottomRule.map { line($0, widths) } ?? "" }

        func rule(_ widths: [Int], right: [Bool]) -> String {
            guard let middle else { return "" }
            return line(middle, widths, right: marksSides ? right : [])
        }

        private func line(_ rule: Rule, _ widths: [Int], right: [Bool] = []) -> String {
            let parts = widths.indices.map { index in
                let isRight = index < right.count && right[index]
                return String(repeating: rule.line, count: widths[index] + (isRight ? 1 : 2)) + (isRight ? ":" : "")
            }
            return rule.left + parts.joined(separator: rule.cross) + rule.right + "\n"
        }
    }
}
