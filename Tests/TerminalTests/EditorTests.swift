import Terminal
import Testing

struct EditorTests {
    private func editor(_ history: [String] = []) -> LineEditor {
        var kept = History()
        for entry in history { kept.add(entry) }
        var editor = LineEditor(history: kept)
        editor.begin(prompt: "> ")
        return editor
    }

    /// The line with `|` where the cursor is, after these keys.
    private func edited(_ keys: [Key], _ history: [String] = []) -> String {
        var editor = editor(history)
        for key in keys { _ = editor.handle(key) }
        return shown(editor)
    }

    private func shown(_ editor: LineEditor) -> String {
        let view = editor.view
        return String(view.text.prefix(view.cursor)) + "|" + String(view.text.dropFirst(view.cursor))
    }

    @Test(arguments: [
        ([Key.text("abc"), .left, .text("X")], "abX|c"),
        ([.text("abc"), .home, .text("X"), .end, .text("Y")], "XabcY|"),
        ([.text("one two three"), .wordLeft, .wordLeft], "one |two three"),
        ([.text("one two"), .control("a"), .wordRight], "one| two"),
        ([.text("one two"), .control("w"), .control("y"), .control("y")], "one twotwo|"),
        ([.text("one two"), .wordLeft, .control("k")], "one |"),
        ([.text("one two"), .wordLeft, .control("u")], "|two"),
        ([.text("abc"), .backspace, .control("a"), .delete], "|b"), ([.text("ab"), .control("t")], "ba|"),
        ([.text("a.b-c"), .deleteWordLeft], "a.b-|"), ([.text("e"), .text("\u{301}"), .backspace], "|"),
        ([.text("漢字"), .left, .backspace], "|字"), ([.text("👩‍👩‍👧x"), .left, .left], "|👩‍👩‍👧x"),
        ([.paste("a\nbc"), .control("a"), .control("k")], "a\n|"), ([.left, .backspace, .control("w")], "|"),
    ])
    func `Keys edit the line`(keys: [Key], line: String) {
        #expect(edited(keys) == line)
    }

    @Test func `What a line ends with`() {
        var editor = editor()
        #expect(editor.handle(.control("d")) == .end)
        #expect(editor.handle(.text("x;")) == .redraw)
        #expect(editor.handle(.control("d")) == .redraw)
        #expect(editor.handle(.control("c")) == .interrupt)
        #expect(editor.handle(.enter) == .accept("x;"))
        #expect(editor.handle(.control("l")) == .clearScreen && editor.handle(.control("z")) == .suspend)
    }

    @Test func `The history goes back and forth and keeps what was being typed`() {
        let history = ["first", "second"]
        #expect(edited([.text("dra"), .up, .up, .up], history) == "first|")
        #expect(edited([.text("dra"), .up, .up, .down, .down], history) == "dra|")
        #expect(edited([.text("dra"), .control("p"), .text("!")], history) == "second!|")
    }

    @Test func `The history is searched from the newest`() {
        let history = ["select 1", "insert x", "SELECT 2", "delete y"]
        #expect(edited([.control("r"), .text("sel")], history) == "SELECT 2|")
        #expect(edited([.control("r"), .text("sel"), .control("r")], history) == "select 1|")
        #expect(edited([.control("r"), .text("sel"), .control("r"), .control("r")], history) == "select 1|")
        #expect(edited([.text("mine"), .control("r"), .text("ins"), .control("g")], history) == "mine|")
        #expect(edited([.control("r"), .text("ins"), .home, .text("X")], history) == "X|insert x")
        var searching = editor(history)
        _ = searching.handle(.control("r"))
        _ = searching.handle(.text("ins"))
        #expect(searching.view.prompt == "(search) ins: ")
        #expect(searching.handle(.enter) == .accept("insert x"))
    }

    @Test func `Words are completed as far as they are known`() {
        var editor = editor()
        _ = editor.handle(.text("select * from ac"))
        #expect(editor.handle(.tab) == .complete(before: "select * from ac"))
        #expect(editor.complete(with: Completion(typed: 2, candidates: ["accounts", "accidents"])) == .redraw)
        #expect(shown(editor) == "select * from acc|")
        let both = Completion(typed: 3, candidates: ["accounts", "accidents"])
        #expect(editor.complete(with: both) == .bell)
        #expect(editor.handle(.tab) == .complete(before: "select * from acc"))
        #expect(editor.complete(with: both) == .list(["accounts", "accidents"]))
        #expect(editor.complete(with: Completion(typed: 3, candidates: ["accounts"])) == .redraw)
        #expect(shown(editor) == "select * from accounts |")
        #expect(editor.complete(with: Completion(typed: 0, candidates: [])) == .bell)
    }

    @Test func `A history file is read back, and what begins with a blank is not in it`() {
        var history = History()
        for line in ["select 1", "select 1", " secret", "a\nb\\n", ""] { history.add(line) }
        #expect(history.entries == ["select 1", "a\nb\\n"])
        #expect(History(parsing: history.text) == history)
        for number in 0..<2_000 { history.add("line \(number)") }
        #expect(history.entries.count == History.limit && history.entries.last == "line 1999")
    }
}
