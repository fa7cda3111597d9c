import Terminal
import Testing

/// What is sent to a terminal, on a small one that does as it is told.
struct DisplayTests {
    /// Rows of cells; knows what ``LineDisplay`` uses and nothing else.
    private struct Screen {
        let width: Int
        var rows: [[Character]] = [[]]
        var row = 0
        var column = 0

        mutating func take(_ text: String) {
            var rest = Substring(text)
            while let character = rest.popFirst() {
                switch character {
                case "\r\n": (row, column) = (row + 1, 0)
                case "\r": column = 0
                case "\n": row += 1
                case "\u{1B}": sequence(&rest)
                default: put(character)
                }
                while rows.count <= row { rows.append([]) }
            }
        }

        private mutating func sequence(_ rest: inout Substring) {
            #expect(rest.popFirst() == "[")
            let digits = rest.prefix { $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let count = Int(digits) ?? 1
            switch rest.popFirst() {
            case "A": row = max(0, row - count)
            case "B": row += count
            case "C": column += count
            case "J":
                rows[row] = Array(rows[row].prefix(column))
                rows.removeLast(rows.count - 1 - row)
            case let other: Issue.record("unknown sequence \(String(describing: other))")
            }
        }

        private mutating func put(_ character: Character) {
            #expect(column + TerminalText.width(character) <= width, "written over the edge")
            while rows[row].count < column { rows[row].append(" ") }
            rows[row] = Array(rows[row].prefix(column)) + [character]
            if TerminalText.width(character) == 2 { rows[row].append("\u{FE0E}") }
            column += TerminalText.width(character)
        }

        var lines: [String] { rows.map { String($0.filter { $0 != "\u{FE0E}" }) } }
    }

    private func view(_ text: String, _ cursor: Int? = nil, prompt: String = "> ") -> LineEditor.View {
        var editor = LineEditor()
        editor.begin(prompt: prompt)
        _ = editor.handle(.paste(text))
        _ = editor.handle(.home)
        while editor.view.cursor > 0 { _ = editor.handle(.left) }
        for _ in 0..<(cursor ?? text.count) { _ = editor.handle(.right) }
        return editor.view
    }

    @Test func `A line is drawn over itself, and the cursor is where the next character goes`() {
        var display = LineDisplay()
        var screen = Screen(width: 20)
        screen.take(display.draw(view("abc"), width: 20, height: 10))
        #expect(screen.lines == ["> abc"] && screen.column == 5)
        screen.take(display.draw(view("漢字x", 1), width: 20, height: 10))
        #expect(screen.lines == ["> 漢字x"] && screen.column == 4)
        screen.take(display.finish())
        #expect(screen.row == 1 && screen.column == 0)
    }

    @Test func `A long line takes several rows and shrinks again`() {
        var display = LineDisplay()
        var screen = Screen(width: 10)
        screen.take(display.draw(view("0123456789ABCDEFGH"), width: 10, height: 10))
        #expect(screen.lines == ["> 01234567", "89ABCDEFGH", ""] && screen.row == 2 && screen.column == 0)
        screen.take(display.draw(view("0123456789ABCDEFGH", 3), width: 10, height: 10))
        #expect(screen.row == 0 && screen.column == 5)
        screen.take(display.draw(view("0"), width: 10, height: 10))
        #expect(screen.lines == ["> 0"])
        // A wide character does not stand across the edge.
        screen.take(display.draw(view("0123456漢"), width: 10, height: 10))
        #expect(screen.lines == ["> 0123456", "漢"])
    }

    @Test func `Pasted lines stand below each other, and control characters are shown`() {
        var display = LineDisplay()
        var screen = Screen(width: 30)
        screen.take(display.draw(view("select\n1\t\u{1B}[2J"), width: 30, height: 10))
        #expect(screen.lines == ["> select", "1 ␛[2J"])
    }

    @Test func `A line taller than the terminal shows the rows around its cursor`() {
        var display = LineDisplay()
        var screen = Screen(width: 10)
        let lines = (0..<50).map(String.init).joined(separator: "\n")
        screen.take(display.draw(view(lines), width: 10, height: 5))
        #expect(screen.lines == ["45", "46", "47", "48", "49"])
        screen.take(display.draw(view(lines, 0), width: 10, height: 5))
        #expect(screen.lines == ["> 0", "1", "2", "3", "4"] && screen.row == 0)
    }
}
