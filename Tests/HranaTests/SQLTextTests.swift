import Hrana
import Testing

@Suite struct SQLTextTests {
    @Test(
        arguments: [
            ("SELECT 1", "SELECT"), ("  \t\n\u{C}\r select", "SELECT"), ("-- x\nInsert into t", "INSERT"),
            ("/* a */ /**/update t", "UPDATE"), (";;/*;*/;DELETE", "DELETE"), ("\u{FEFF}\u{FEFF}VACUUM", "VACUUM"),
            (" \u{B}SELECT 1", "SELECT"), ("\u{B}SELECT 1", nil), ("SELECT\u{FEFF}1", "SELECT\u{FEFF}1"),
            ("/*/ SELECT */ WITH x", "WITH"),
            ("--\r SELECT", nil), ("/* SELECT", nil), ("/*", nil), ("/", nil), ("-SELECT", nil), ("", nil),
            ("  ;; ", nil),
            ("'SELECT' x", nil), ("[SELECT] x", nil), ("(SELECT 1)", nil), ("1 SELECT", nil), ("\0SELECT", nil),
            ("SELECT_more", "SELECT_MORE"), ("selectselectselects", nil), ("EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN"),
        ] as [(String, String?)])
    func `the keyword that a statement begins with`(sql: String, expected: String?) {
        let found = sql.withRawUTF8 { SQLText.firstKeyword($0) }
        #expect(found == expected)
    }

    @Test(
        arguments: [
            ("SELECT 1", .reads), ("/* */ values (1)", .reads), ("EXPLAIN DELETE FROM t", .reads), ("", .reads),
            ("WITH a AS (DELETE) SELECT 1", .reads), ("WITH a(x) AS (SELECT 1) DELETE FROM t", .changes),
            ("WITH a AS (SELECT ')') INSERT INTO t SELECT 1", .changes), ("WITH", .changes), ("PRAGMA x", .reads),
            ("PRAGMA x = 1", .changes), ("PRAGMA main.table_info(\"t\")", .reads), ("PRAGMA user_version(3)", .changes),
            ("PRAGMA main.optimize", .changes), ("pragma wal_checkpoint;", .changes), ("PRAGMA \"x\"", .changes),
            ("CREATE TABLE t(a)", .changes), ("(SELECT 1)", .reads), ("begin immediate", .begins), ("END", .commits),
            ("BEGIN READONLY", .special), ("VACUUM INTO 'x'", .special), ("COMMIT TRANSACTION", .commits),
            ("ROLLBACK", .rollsBack), ("; ROLLBACK; SELECT to", .rollsBack), ("ROLLBACK TRANSACTION TO s", .savepoint),
            ("SAVEPOINT s", .savepoint), ("release s", .savepoint),
        ] as [(String, StatementRole)])
    func `what a statement is to the transaction around it`(sql: String, expected: StatementRole) {
        #expect(sql.withRawUTF8 { SQLText.role($0) } == expected)
    }

    @Test func `EXPLAIN in any dress`() {
        for sql in ["EXPLAIN SELECT 1", "/**/explain query plan select 1", "\u{FEFF}; eXplain x"] {
            #expect(sql.withRawUTF8 { SQLText.isExplain($0) })
        }
        for sql in ["SELECT 'EXPLAIN'", "EXPLAINED", "\"EXPLAIN\"", ""] {
            #expect(!sql.withRawUTF8 { SQLText.isExplain($0) })
        }
    }

    static let readOnly = [
        "BEGIN READONLY", "begin readonly;", " Begin\n\tReadOnly /* x */ ; ", "BEGIN TRANSACTION READONLY",
        "BEGIN/**/TRANSACTION--\nREADONLY;", "\u{FEFF}BEGIN\u{20}\u{FEFF}READONLY", ";BEGIN READONLY TRANSACTION;",
        "BEGIN READONLY TRANSACTION name", "BEGIN READONLY TRANSACTION 'name';",
    ]

    @Test(arguments: readOnly)
    func `a transaction that only reads`(sql: String) {
        let end =
            (sql.utf8.lastIndex(of: UInt8(ascii: ";")).map { sql.utf8.distance(from: sql.startIndex, to: $0) + 1 })
        sql.withRawUTF8 { bytes in
            let special = SQLText.special(bytes)
            #expect(special?.statement == .beginReadOnly)
            if let end, end > 1 { #expect(special?.end == end) } else { #expect(special?.end == bytes.count) }
            #expect(SQLText.content(bytes, after: special?.end ?? 0) == nil)
        }
    }

    @Test(arguments: [
        "BEGIN", "BEGIN;READONLY", "BEGIN IMMEDIATE", "BEGIN TRANSACTION", "BEGIN TRANSACTION;", "BEGIN READONLY x",
        "BEGIN READONLY READONLY", "BEGIN 'READONLY'", "BEGIN \"READONLY\"", "BEGIN TRANSACTION [READONLY]",
        "BEGIN TRANSACTION READONLY x", "BEGIN READONLY TRANSACTION a b", "BEGIN READONLY TRANSACTION 1",
        "BEGIN READONLY\0", "BEGIN READONLY()",
        "EXPLAIN BEGIN READONLY", "BEGINREADONLY", "BEGIN_READONLY", "SELECT 'BEGIN READONLY'",
        "-- BEGIN READONLY", "BEGIN READONLY\u{FEFF}", "'VACUUM'", "EXPLAIN VACUUM", "VACUUMS", "",
    ])
    func `statements that SQLite is given as they are`(sql: String) {
        #expect(sql.withRawUTF8 { SQLText.special($0) } == nil)
    }

    @Test func `VACUUM with and without INTO, and where it ends`() {
        func special(_ sql: String) -> (SQLText.Special?, Int?) {
            sql.withRawUTF8 { bytes in
                let found = SQLText.special(bytes)
                return (found?.statement, found?.end)
            }
        }
        #expect(special("VACUUM") == (.vacuum(.main), 6))
        #expect(special("vacuum main; SELECT 1") == (.vacuum(.main), 12))
        #expect(special("/**/VACUUM -- x\n [Main] ;") == (.vacuum(.main), 25))
        #expect(special("VACUUM \"temp\"") == (.vacuum(.temporary), 13))
        #expect(special("VACUUM INTO 'a;b'; x") == (.vacuum(.into), 18))
        #expect(special("VACUUM main/**/into 'x'") == (.vacuum(.into), 23))
        #expect(special("VACUUM 'INTO'") == (.vacuum(.unknownSchema("INTO")), 13))
        #expect(special("VACUUM other") == (.vacuum(.unknownSchema("other")), 12))
        #expect(special("VACUUM main main") == (.vacuum(.malformed(near: "main")), 16))
        #expect(special("VACUUM (1); x") == (.vacuum(.malformed(near: "(")), 11))
        #expect(special("VACUUM; SELECT 1 INTO x") == (.vacuum(.main), 7))
    }

    @Test func `one statement after the other from where the last one ended`() {
        let sql = "BEGIN READONLY; VACUUM; SELECT 1"
        sql.withRawUTF8 { bytes in
            #expect(SQLText.special(bytes)?.end == 15)
            #expect(SQLText.special(bytes, from: 15)?.end == 23)
            #expect(SQLText.special(bytes, from: 23) == nil)
            #expect(SQLText.firstKeyword(bytes, from: 23) == "SELECT")
            #expect(SQLText.firstKeyword(bytes, from: 500) == nil)
        }
    }

    /// Behind `SELECT 1;`, whose tail is at 9.
    @Test(
        arguments: [
            ("", nil), (" \t\n", nil), (";;; ;", nil), ("-- SELECT 2", nil), ("/* SELECT 2", nil),
            ("/**/;--\n/**/", nil),
            ("\u{FEFF}", nil), (" \u{FEFF};\u{FEFF}", nil), ("/***/", nil), ("/*;*/", nil), ("/**", nil),
            ("SELECT 2", 0), (" SELECT 2", 1), (";;x", 2), ("--\nx", 3), ("/**/x", 4), ("'", 0), ("''", 0), ("/*", 0),
            ("/", 0),
            ("-", 0), ("\0", 0), ("-- \0", 3), ("/* \0 */", 3), ("\u{B}", 0), (")", 0), ("\u{A0}", 0),
            ("--\r x\n;9", 7),
        ] as [(String, Int?)])
    func `content behind the first statement`(tail: String, expected: Int?) {
        let sql = "SELECT 1;" + tail
        #expect(sql.withRawUTF8 { SQLText.content($0, after: 9) } == expected.map { $0 + 9 })
    }

    @Test func `every text ends the scan within its bytes`() {
        var dice = Dice(seed: 11)
        let memory = GuardedMemory(capacity: 256)
        let pieces =
            [
                "BEGIN", "READONLY", "TRANSACTION", "VACUUM", "INTO", "'", "\"", "`", "[", "]", "/*", "*/", "--", "\n",
                " ", ";",
                "\u{FEFF}", "\u{EF}", "x", "1", "\0", "(", "*", "/", "-", "\u{B}",
            ].map { Array($0.utf8) } + [[0xEF], [0xEF, 0xBB], [0xBF]]
        for _ in 0..<20_000 {
            var sql: [UInt8] = []
            for _ in 0..<dice.roll(12) { sql += dice.pick(pieces) }
            memory.withBytes(sql, atEnd: dice.roll(2) == 0) { bytes in
                let end = SQLText.special(bytes)?.end ?? 0
                #expect(end <= bytes.count)
                let content = SQLText.content(bytes, after: end)
                #expect(content.map { $0 >= end && $0 < bytes.count } ?? true)
            }
        }
    }
}
