/// Names below and beside each other, as many on a row as fit.
package enum ColumnsText {
    private static let gap = 2
    /// Where there is no terminal.
    private static let width = 80

    /// - Returns: rows with their line ends, filled from top to bottom.
    package static func text(_ names: [String], width: Int?) -> String {
        let shown = names.map { TerminalText.visible($0) }
        let widest = shown.map { TerminalText.width($0) }.max() ?? 0
        let columns = max(1, ((width ?? Self.width) + gap) / (widest + gap))
        let rows = (shown.count + columns - 1) / columns
        return (0..<rows).map { row in
            let line = stride(from: row, to: shown.count, by: rows).map { shown[$0] }
            let padded = line.dropLast().map { TerminalText.padded($0, to: widest + gap) }
            return padded.joined() + (line.last ?? "") + "\n"
        }.joined()
    }
}
