import CSQLite
import Terminal
import Testing

struct SplitterTests {
    static func split(_ text: String, linewise: Bool = false) -> [SplitStatement] {
        var splitter = StatementSplitter()
        var found: [SplitStatement] = []
        let pieces =
            linewise ? text.split(separator: "\n", omittingEmptySubsequences: false).map { $0 + "\n" } : [text[...]]
        for piece in pieces {
            splitter.feed(String(piece))
            while let statement = splitter.next() { found.append(statement) }
        }
        if let rest = splitter.finish() { found.append(rest) }
        return found
    }

    @Test func `Semicolons in strings, names and comments end nothing`() {
        let text = """
            SELECT 'a;''b', "c;d", [e;f], `g;h` -- i;
             /* j; */ ;; ;
            -- nothing
            INSERT INTO t VALUES (';')
            """
        let found = Self.split(text)
        #expect(found.map(\.keyword) == ["SELECT", "INSERT"])
        #expect(found.map(\.line) == [1, 4])
        #expect(found.last?.text == "INSERT INTO t VALUES (';')")
        #expect(
            Self.split(text, linewise: true).map { $0.text.split(separator: "\n").first }
                == found.map { $0.text.split(separator: "\n").first })
    }

    @Test func `A trigger ends with the END and the semicolon behind its body`() {
        let trigger =
            "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; DELETE FROM t; END;"
        #expect(Self.split(trigger + " SELECT 1;").map(\.text) == [trigger, "SELECT 1;"])
    }

    @Test func `What is open is known from line to line`() {
        var splitter = StatementSplitter()
        func context(_ line: String) -> StatementSplitter.Context {
            splitter.feed(line + "\n")
            return splitter.context
        }
        #expect(context("-- first") == .between)
        #expect(context("select") == .statement)
        #expect(context("'it") == .quote("'"))
        #expect(context("isn''t' /*") == .comment)
        #expect(context("*/ ;") == .between)
        #expect(splitter.next()?.text.hasPrefix("select\n'it\nisn''t'") == true)
        #expect(context("create trigger x after insert on t begin select 1;") == .trigger)
        splitter.reset()
        #expect(splitter.context == .between && splitter.finish() == nil)
    }

    @Test func `Many statements in one piece take no longer than they must`() {
        let many = String(repeating: "INSERT INTO t VALUES (1);", count: 40_000)
        #expect(Self.split(many).count == 40_000)
    }

    /// Random sequences of what matters, beside SQLite's own function.
    @Test func `A statement is complete when SQLite says so`() {
        let parts = [
            "select", " ", ";", "create ", "temp ", "temporary ", "trigger ", "end", "explain ", "begin ", "'", "\"",
            "`", "[", "]",
            "--", "/*", "*/", "\n", "x", "1", "query plan ", ";end;", "/", "*", "-",
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...12, using: &random)
            let text = "x;" + (0..<count).map { _ in parts.randomElement(using: &random)! }.joined()
            var splitter = StatementSplitter()
            splitter.feed(text + "\n")
            while splitter.next() != nil {}
            let isComplete = sqlite3_complete(text + "\n") != 0
            let isBetween = splitter.context == .between
            #expect(isBetween == isComplete, "\(text.debugDescription)")
        }
    }
}
