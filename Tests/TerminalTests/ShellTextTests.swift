import CSQLite
import SQLiteKit
import Terminal
import Testing

struct ShellTextTests {
    @Test func `A command's name may be short where it is clear, and its words quoted`() throws {
        #expect(try DotCommand(".tab").name == .tables)
        let read = try DotCommand(#".read "my \"file\".sql" 'it is' x"#)
        #expect(read.name == .read && read.arguments == [#"my "file".sql"#, "it is", "x"])
        for (line, words) in [
            (".e", "may mean .echo, .exit"), (".nothing", "unknown command"), (".", "name follows"),
            (".read 'x", "quote"),
        ] {
            let failure = #expect(throws: CommandFailure.self) { try DotCommand(line) }
            #expect(failure?.message.contains(words) == true, "\(line): \(String(describing: failure))")
        }
    }

    @Test func `Every command is in the help`() {
        let help = DotCommand.help.map(\.usage).joined(separator: " ")
        for name in DotCommand.Name.allCases { #expect(help.contains(".\(name.rawValue)"), "\(name)") }
    }

    @Test func `The prompt tells what is open`() {
        func prompt(_ context: StatementSplitter.Context, _ open: Bool = false) -> String {
            ShellPrompt.text(key: "ac\u{1B}me", context: context, inTransaction: open)
        }
        #expect(prompt(.between) == "ac␛me> " && prompt(.between, true) == "ac␛me*> ")
        #expect(prompt(.quote("'"), true) == "ac␛me*'> " && prompt(.statement) == "ac␛me-> ")
        #expect(prompt(.comment) == "ac␛me/> " && prompt(.trigger) == "ac␛me;> ")
    }

    @Test(arguments: [
        ("sel", ["select"]), ("SELECT * FROM n", ["notes", "\"not all\""]), ("select notes.", ["id", "text"]),
        ("select n.te", ["text"]), ("select te", ["temp", "temporary", "text"]),
        ("select * from ", ["\"not all\"", "notes"]),
        ("", []), (".sch", [".schema"]), (".mode js", ["json"]), (".schema n", ["not all", "notes"]),
        (".timer o", ["on", "off"]),
    ])
    func `Words are completed by where they stand`(before: String, expected: [String]) {
        let names = SchemaNames(rows: [("notes", "id"), ("notes", "text"), ("not all", "id")])
        let found = SQLCompleter.completion(before, isContinued: false, names: names)
        let typed = String(before.suffix(found.typed)).lowercased()
        #expect(found.candidates.sorted() == expected.filter { $0.lowercased().hasPrefix(typed) }.sorted(), "\(found)")
    }

    @Test func `Names stand in columns as wide as the terminal allows`() {
        let names = ["a", "bb", "漢字", "d", "e"]
        #expect(ColumnsText.text(names, width: 12) == "a     d\nbb    e\n漢字\n")
        #expect(ColumnsText.text(names, width: 3) == names.map { $0 + "\n" }.joined())
        #expect(ColumnsText.text([], width: 80).isEmpty)
    }
}

struct CSVReaderTests {
    private func records(_ text: String, pieces size: Int = 1_000) throws -> [CSVReader.Record] {
        let bytes = Array(text.utf8)
        var reader = CSVReader()
        var records: [CSVReader.Record] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.feed(bytes[start..<min(start + size, bytes.count)]) { records.append($0) }
        }
        try reader.finish { records.append($0) }
        return records
    }

    @Test(arguments: [1, 2, 5, 1_000])
    func `Quotes keep commas, quotes and line ends`(size: Int) throws {
        let text = "\u{FEFF}a,b,c\r\n1,\"x,\"\"y\"\"\nz\",\r\n\n\"\",grün,\"q\"\r\nlast,,"
        let found = try records(text, pieces: size)
        #expect(
            found.map(\.fields) == [
                ["a", "b", "c"], ["1", "x,\"y\"\nz", nil], ["", "grün", "q"], ["last", nil, nil],
            ])
        #expect(found.map(\.line) == [1, 2, 5, 6])
    }

    @Test func `What is no CSV is refused with its line`() {
        let failure = #expect(throws: CommandFailure.self) {
            var reader = CSVReader()
            try reader.feed(Array("a\nb".utf8) + [0xFF, 0x0A]) { _ in }
        }
        #expect(failure?.message == "line 2: the text is not UTF-8")
    }
}

struct DumpTextTests {
    private func entry(_ type: String, _ name: String, _ kind: String = "", sql: String = "CREATE x") -> DumpText.Entry
    {
        DumpText.Entry(type: type, name: name, sql: sql, kind: kind)
    }

    @Test func `Virtual tables come first, triggers last, and what SQLite makes itself not at all`() {
        let all = [
            entry("trigger", "tr"), entry("table", "t", "table"), entry("table", "f_data", "shadow"),
            entry("table", "f", "virtual"), entry("view", "v", "view"), entry("index", "i"),
            entry("index", "sqlite_autoindex_t_1", sql: ""),
        ]
        #expect(DumpText.tables(all).map(\.name) == ["f", "t", "f_data"])
        #expect(DumpText.afterRows(all).map(\.name) == ["i", "v", "tr"])
        #expect(DumpText.preparation(all[2]) == .make("DELETE FROM \"f_data\";\n"))
        #expect(DumpText.preparation(entry("table", "_rowhouse_idempotency", "table")) == .leaveOut)
        #expect(DumpText.preparation(entry("table", "sqlite_stat4", "table")) == .leaveOut)
        #expect(!DumpText.hasRows(all[3]) && DumpText.hasRows(all[2]))
    }

    @Test func `A number written by its bits is read exactly by every SQLite`() throws {
        // Whoever uses SQLite first decides how it is set up.
        SQLiteRuntime.start()
        var opened: OpaquePointer?
        #expect(sqlite3_open(":memory:", &opened) == SQLITE_OK)
        let database = try #require(opened)
        defer { sqlite3_close(database) }
        func read(_ text: String) -> Double? {
            var statement: OpaquePointer?
            defer { sqlite3_finalize(statement) }
            guard sqlite3_prepare_v2(database, "SELECT \(text)", -1, &statement, nil) == SQLITE_OK else { return nil }
            return sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_double(statement, 0) : nil
        }
        // The first two are misread as decimals by SQLite 3.40.
        var numbers = [
            -2.377000661190532e-300, 3.726741369886119e-303, 0, 0.1, -1, .leastNonzeroMagnitude, 1e308,
            .leastNormalMagnitude,
        ]
        for _ in 0..<2_000 { numbers.append(Double(bitPattern: .random(in: 0...UInt64.max))) }
        for number in numbers where number.isFinite {
            #expect(read(ValueText.exactLiteral(number)) == number, "\(number)")
        }
    }

    @Test func `A comment does not swallow the semicolon`() {
        #expect(DumpText.ended("CREATE TABLE t(a) -- why") == "CREATE TABLE t(a) -- why\n;\n")
        #expect(DumpText.ended("CREATE TABLE t(a)") == "CREATE TABLE t(a);\n")
    }
}
