import Hrana

/// Comma-separated values.
struct CSVRows: RowFormatter {
    let options: ResultOptions

    mutating func begin(_ columns: [String], into out: inout String) {
        guard options.headers else { return }
        line(columns.map { quoted($0) }, into: &out)
    }

    mutating func row(_ values: [Value], into out: inout String) {
        line(values.map { field($0) }, into: &out)
    }

    private func field(_ value: Value) -> String {
        switch value {
        case .null: options.null.map { quoted($0, isText: false) } ?? ""
        case .integer(let number): String(number)
        case .float(let number): ValueText.float(number)
        case .text(let text): quoted(text)
        case .blob(let bytes): ValueText.hexadecimal(bytes[...])
        }
    }

    private func quoted(_ text: String, isText: Bool = true) -> String {
        let isSpecial = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        guard isSpecial || (text.isEmpty && isText) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private func line(_ fields: [String], into out: inout String) {
        let text = fields.joined(separator: ",")
        out += options.width == nil ? text : TerminalText.visible(text, keepingLines: true)
        out += "\n"
    }
}

/// Each column on a line of its own, a blank line between rows.
struct LineRows: RowFormatter {
    let options: ResultOptions
    private var titles: [String] = []
    private var isFirst = true

    init(options: ResultOptions) { self.options = options }

    mutating func begin(_ columns: [String], into out: inout String) {
        let visible = columns.map { TerminalText.visible($0) }
        let widest = visible.map { TerminalText.width($0) }.max() ?? 0
        titles = visible.map { TerminalText.padded($0, to: widest, right: true) }
    }

    mutating func row(_ values: [Value], into out: inout String) {
        if !isFirst { out += "\n" }
        isFirst = false
        for (title, value) in zip(titles, values) {
            out += "\(title) = \(TerminalText.visible(ValueText.shown(value, null: options.null ?? "NULL")))\n"
        }
    }

    mutating func end(_ summary: ResultSummary, into out: inout String) {
        if options.counts { out += "(\(HumanText.count(Int64(summary.rows), "row")))\n" }
    }
}
