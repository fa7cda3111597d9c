/// Where on the terminal a line is shown, and what to send to show it anew.
///
/// Rows are broken here and not by the terminal, so that their number is known. A line that is taller than the terminal shows the
/// rows around its cursor.
package struct LineDisplay: Sendable {
    private struct Row {
        var text = ""
        var width = 0
    }

    /// Columns that the rows shown take, from the top.
    private var shown: [Int] = []
    private var cursorRow = 0

    package init() {}

    /// - Returns: what to send: over the old rows, if there are any.
    package mutating func draw(_ view: LineEditor.View, width: Int, height: Int) -> String {
        let width = max(width, 8)
        let (rows, cursor) = layout(view, width: width)
        let most = max(1, height)
        let first = rows.count <= most ? 0 : min(max(0, cursor.row - most / 2), rows.count - most)
        let window = rows[first..<min(rows.count, first + most)]
        var text = toTop(width: width) + "\r\u{1B}[J"
        text += window.map(\.text).joined(separator: "\r\n")
        let up = window.count - 1 - (cursor.row - first)
        text += (up > 0 ? "\u{1B}[\(up)A" : "") + "\r" + (cursor.column > 0 ? "\u{1B}[\(cursor.column)C" : "")
        shown = window.map(\.width)
        cursorRow = cursor.row - first
        return text
    }

    /// The line is done: to the beginning of the row below it.
    package mutating func finish() -> String {
        let down = shown.count - 1 - cursorRow
        reset()
        return (down > 0 ? "\u{1B}[\(down)B" : "") + "\r\n"
    }

    /// Something else has been written: the next line begins where the cursor is.
    package mutating func reset() {
        shown = []
        cursorRow = 0
    }

    /// Up to the first row. Where the terminal became narrower it has broken the rows above the cursor anew.
    private func toTop(width: Int) -> String {
        let above = shown.prefix(cursorRow).reduce(0) { $0 + max(1, ($1 + width - 1) / width) }
        return above > 0 ? "\u{1B}[\(above)A" : ""
    }

    private func layout(_ view: LineEditor.View, width: Int) -> ([Row], cursor: (row: Int, column: Int)) {
        var rows = [Row()]
        var cursor = (row: 0, column: 0)
        func add(_ character: Character) {
            let columns = TerminalText.width(character)
            if rows[rows.count - 1].width + columns > width { rows.append(Row()) }
            rows[rows.count - 1].text.append(character)
            rows[rows.count - 1].width += columns
        }
        for character in TerminalText.visible(view.prompt) { add(character) }
        for (index, character) in view.text.enumerated() {
            if index == view.cursor { cursor = place(after: &rows, width) }
            switch character {
            case "\n": rows.append(Row())
            case "\t": add(" ")
            default: for shown in TerminalText.visible(String(character)) { add(shown) }
            }
        }
        if view.cursor >= view.text.count { cursor = place(after: &rows, width) }
        return (rows, cursor)
    }

    /// The cursor's place behind what there is: never behind the last column, where terminals differ.
    private func place(after rows: inout [Row], _ width: Int) -> (row: Int, column: Int) {
        if rows[rows.count - 1].width >= width { rows.append(Row()) }
        return (rows.count - 1, rows[rows.count - 1].width)
    }
}
