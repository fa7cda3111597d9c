import Foundation
import Testing
import Vocabulary

@testable import Tenants

/// A tenant's SQL against the walls around it. After each attack the same connections must go on serving.
@Suite(.serialized) struct AttackTests {
    /// A tenant with something of ours in it.
    private static func house() async throws -> (House, TenantID) {
        let house = try House()
        let tenant = try await house.create(
            1000,
            sql: """
                CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2); CREATE TABLE u(a); CREATE INDEX tb ON t(b);
                CREATE TABLE _rowhouse_secret(s); INSERT INTO _rowhouse_secret VALUES ('hidden');
                """)
        return (house, tenant)
    }

    /// Before and behind a statement, what a text-matching guard would trip over.
    private static let disguises: [(before: String, after: String)] = [
        ("", ""), ("\u{FEFF}", ""), (" \t\r\n", ";"), ("/* x */", "/* y"), ("-- x\n", " -- y"), (";;", ";;"),
        ("EXPLAIN ", ""), ("EXPLAIN QUERY PLAN ", ""), ("/**/EXPLAIN/**/", ";"),
    ]

    private func expectRefused(
        _ statements: [String], rights: Rights = .write, disguised: Bool = true,
        _ isRefused: (Caller.Outcome) -> Bool = { $0 == .blocked }
    ) async throws {
        let (house, tenant) = try await Self.house()
        let texts = statements.flatMap { sql in
            (disguised ? Self.disguises : [("", "")]).map { $0.before + sql + $0.after }
        }
        let outcomes = try await house.outcomes(of: texts, on: tenant, rights)
        for (text, outcome) in zip(texts, outcomes) { #expect(isRefused(outcome), "\(text): \(outcome)") }
        // In a script, in a transaction, in a savepoint: the same, and whoever tried goes on.
        for text in statements {
            let inside = try await house.conversation(
                ["BEGIN", text, "SAVEPOINT s", text, "RELEASE s", "SELECT a FROM t", "COMMIT"], on: tenant, rights)
            #expect(isRefused(inside[1]) && isRefused(inside[3]), "\(text): \(inside)")
            #expect(inside[5] == .row("1"))
        }
        #expect(try await house.outcomes(of: ["SELECT a, b FROM t"], on: tenant) == [.row("1|2")])
        #expect(try await house.integer("SELECT count(*) FROM _rowhouse_secret WHERE s = 'hidden'", on: tenant) == 1)
        try house.stop()
    }

    @Test func `no other database can be attached, or this one detached`() async throws {
        try await expectRefused([
            "ATTACH 'x.db' AS x", "ATTACH '' AS x", "ATTACH ':memory:' AS x", "attach database 'x' as y",
            "ATTACH ? AS x", "ATTACH NULL AS NULL", "ATTACH (SELECT 'x') AS y", "ATTACH 'file:x?vfs=unix' AS y",
            "DETACH main", "DETACH temp", "DETACH DATABASE x", "DETACH \"main\"",
        ])
    }

    @Test func `pragmas are the server's but for those on the list, also as tables`() async throws {
        let names = [
            "journal_mode", "locking_mode", "page_size", "encoding", "wal_checkpoint", "wal_autocheckpoint",
            "mmap_size", "writable_schema", "trusted_schema", "synchronous", "cache_size", "cache_spill",
            "temp_store", "temp_store_directory", "secure_delete", "max_page_count", "auto_vacuum", "schema_version",
            "journal_size_limit", "query_only", "busy_timeout", "hard_heap_limit", "soft_heap_limit", "threads",
            "cell_size_check", "fullfsync", "checkpoint_fullfsync", "shrink_memory", "count_changes",
            "default_cache_size", "lock_status", "data_store_directory", "nonsense",
        ]
        try await expectRefused(
            names.flatMap { ["PRAGMA \($0)=1", "PRAGMA main.\($0)('delete')", "pragma TEMP . \"\($0)\" (0)"] },
            disguised: false)
        try await expectRefused(["PRAGMA journal_mode=DELETE", "PRAGMA main.writable_schema(1)"])
        try await expectRefused(
            [
                "SELECT * FROM pragma_cache_spill", "SELECT * FROM pragma_writable_schema",
                "WITH x AS (SELECT * FROM pragma_secure_delete) SELECT * FROM x",
                "SELECT (SELECT secure_delete FROM pragma_secure_delete)",
            ], disguised: false)
    }

    @Test func `names that begin as ours do cannot be made`() async throws {
        let names = [
            "_rowhouse_x", "\"_rowhouse_x\"", "[_ROWHOUSE_x]", "`_RowHouse_x`", "'_rowhouse_x'", "main._rowhouse_x",
            "\"main\".\"_rowhouse_\"\"x\"", "/**/_rowhouse_x",
        ]
        try await expectRefused(
            names.flatMap { name in
                [
                    "CREATE TABLE \(name)(a)", "CREATE TABLE \(name) AS SELECT 1", "CREATE VIEW \(name) AS SELECT 1",
                    "CREATE TRIGGER \(name) AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE INDEX \(name) ON t(a)",
                    "CREATE VIRTUAL TABLE \(name) USING fts5(a)",
                ]
            } + names.filter { !$0.contains("main") }.map { "ALTER TABLE t RENAME TO \($0)" } + [
                "CREATE TEMP TABLE _rowhouse_x(a)", "CREATE TABLE temp._rowhouse_x(a)",
                "CREATE TEMP VIEW _rowhouse_x AS SELECT 1",
                "CREATE TEMP TRIGGER _rowhouse_x INSERT ON t BEGIN SELECT 1; END",
                "CREATE UNIQUE INDEX main._rowhouse_x ON t(a)",
            ], disguised: false)
        try await expectRefused(["ALTER TABLE t RENAME TO _rowhouse_x", "ALTER TABLE main.u RENAME TO '_ROWHOUSE_x'"])
    }

    @Test func `no virtual table makes tables of ours behind it`() async throws {
        let (house, tenant) = try await Self.house()
        let outcomes = try await house.outcomes(
            of: [
                "CREATE VIRTUAL TABLE _rowhouse USING fts5(a)", "CREATE VIRTUAL TABLE _rowhouse USING fts4(a)",
                "CREATE VIRTUAL TABLE _rowhouse USING rtree(id, a, b)", "CREATE VIRTUAL TABLE f USING fts5(a)",
                "ALTER TABLE f RENAME TO _rowhouse", "ALTER TABLE f RENAME TO g", "INSERT INTO g VALUES ('x')",
                "SELECT a FROM g('x')",
                "SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_rowhouse%' ESCAPE '\\'",
            ], on: tenant)
        for index in [0, 1, 2, 4] { #expect(outcomes[index] == .blocked, "\(index): \(outcomes[index])") }
        #expect(outcomes[3] == .row("") && outcomes[5] == .row("") && outcomes[6] == .row(""))
        #expect(outcomes[7...] == [.row("x"), .row("1")])
        try house.stop()
    }

    @Test func `our tables are neither read nor written, by whatever way`() async throws {
        try await expectRefused([
            "SELECT * FROM _rowhouse_secret", "SELECT s FROM \"_ROWHOUSE_secret\"",
            "SELECT * FROM main.[_rowhouse_secret]",
            "SELECT count(*) FROM _rowhouse_secret", "SELECT (SELECT 1 FROM _rowhouse_secret)",
            "SELECT * FROM t WHERE a IN _rowhouse_secret", "WITH x AS (SELECT * FROM _rowhouse_secret) SELECT * FROM x",
            "INSERT INTO _rowhouse_secret VALUES (1)", "REPLACE INTO main._rowhouse_secret VALUES (1)",
            "UPDATE _rowhouse_secret SET s = 1", "DELETE FROM _rowhouse_secret", "DROP TABLE _rowhouse_secret",
            "ALTER TABLE _rowhouse_secret RENAME TO x", "ALTER TABLE _rowhouse_secret ADD COLUMN y",
            "CREATE INDEX i ON _rowhouse_secret(s)",
            "CREATE TRIGGER x AFTER INSERT ON _rowhouse_secret BEGIN SELECT 1; END",
            "CREATE TEMP TRIGGER x AFTER INSERT ON main._rowhouse_secret BEGIN SELECT 1; END",
            "INSERT INTO u SELECT s FROM _rowhouse_secret", "CREATE TABLE x AS SELECT * FROM _rowhouse_secret",
            "UPDATE t SET a = (SELECT s FROM _rowhouse_secret)", "SELECT * FROM sqlite_stmt",
        ])
    }

    @Test func `what is allowed to be made cannot lead to our tables later`() async throws {
        let (house, tenant) = try await Self.house()
        let outcomes = try await house.outcomes(
            of: [
                "CREATE VIEW v AS SELECT * FROM _rowhouse_secret", "SELECT * FROM v",
                "CREATE TRIGGER r AFTER INSERT ON u BEGIN INSERT INTO u SELECT s FROM _rowhouse_secret; END",
                "INSERT INTO u VALUES (1)", "DROP TRIGGER r",
                "CREATE TRIGGER r AFTER INSERT ON u BEGIN DELETE FROM _rowhouse_secret; END",
                "INSERT INTO u VALUES (1)",
                "DROP TRIGGER r",
                "CREATE VIRTUAL TABLE f5 USING fts5(s, content='_rowhouse_secret')",
                "INSERT INTO f5(f5) VALUES ('rebuild')", "SELECT * FROM f5", "SELECT s FROM f5('hidden')",
                "CREATE VIRTUAL TABLE f4 USING fts4(s, content='_rowhouse_secret')",
                "INSERT INTO f4(f4) VALUES ('rebuild')", "SELECT * FROM f4",
                "CREATE TABLE c(a REFERENCES _rowhouse_secret(s) ON DELETE CASCADE)",
                "SELECT count(*) FROM u",
            ], on: tenant)
        for index in [1, 3, 6, 9, 10, 13, 14] { #expect(outcomes[index].isRefused, "\(index): \(outcomes[index])") }
        #expect(outcomes[11] != .row("hidden"))
        #expect(outcomes.last == .row("0"))
        #expect(try await house.integer("SELECT count(*) FROM _rowhouse_secret", on: tenant) == 1)
        try house.stop()
    }

    @Test func `the schema, the file and the process are out of reach`() async throws {
        let (house, tenant) = try await Self.house()
        let statements = [
            "UPDATE sqlite_master SET sql = 'x'", "DELETE FROM sqlite_schema",
            "INSERT INTO sqlite_master VALUES (1,1,1,1,1)",
            "DROP TABLE sqlite_master", "CREATE TABLE sqlite_x(a)", "UPDATE sqlite_temp_master SET sql = 'x'",
            "SELECT * FROM sqlite_dbpage", "CREATE VIRTUAL TABLE p USING sqlite_dbpage",
            "UPDATE sqlite_dbpage SET data = 0",
            "CREATE VIRTUAL TABLE p USING sqlite_stmt", "CREATE VIRTUAL TABLE p USING csv(filename='/etc/passwd')",
            "CREATE VIRTUAL TABLE temp.p USING dbstat", "CREATE VIRTUAL TABLE p USING fts3tokenize",
            "SELECT load_extension('x')", "SELECT fts3_tokenizer('simple')", "SELECT fts3_tokenizer('simple', x'00')",
            "SELECT readfile('/etc/passwd')", "SELECT writefile('x', 'y')", "SELECT edit('x')",
            "SELECT sqlite_rename_table(1,2,3,4,5,6,7)", "SELECT sqlite_offset(a) FROM t",
            "SELECT icu_load_collation(1,2)",
            "DROP TABLE f_data", "UPDATE f_data SET block = x'00'", "DELETE FROM f_content",
        ]
        _ = try await house.outcomes(of: ["CREATE VIRTUAL TABLE f USING fts5(a)"], on: tenant)
        let outcomes = try await house.outcomes(of: statements, on: tenant)
        for (sql, outcome) in zip(statements, outcomes) {
            #expect(outcome == .blocked || outcome == .sqlite(1), "\(sql): \(outcome)")
        }
        let names = try await house.outcomes(of: ["SELECT file FROM pragma_database_list"], on: tenant)
        #expect(
            names == [.row("\(tenant).\(house.engine.facts(of: tenant)!.generation).sqlite")],
            "the name of the database must not tell where it lies")
        #expect(
            try await house.integer(
                "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'", on: tenant) == 1)
        try house.stop()
    }

    @Test func `VACUUM given to a connection attaches nothing and writes nothing`() async throws {
        let (house, tenant) = try await Self.house()
        let before = try FileManager.default.subpathsOfDirectory(atPath: house.directory).sorted()
        for sql in ["VACUUM", "VACUUM main", "VACUUM INTO 'x.db'", "VACUUM INTO '\(house.directory)/x.db'"] {
            #expect(try await house.outcomes(of: [sql], on: tenant) == [.blocked], "\(sql)")
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: house.directory).sorted() == before)
        #expect(!FileManager.default.fileExists(atPath: "x.db"))
        try house.stop()
    }

    @Test func `whoever may read only changes nothing`() async throws {
        try await expectRefused(
            [
                "INSERT INTO t VALUES (3, 4)", "UPDATE t SET a = 9", "DELETE FROM t", "CREATE TABLE x(a)",
                "DROP TABLE t",
                "REINDEX", "ANALYZE", "PRAGMA user_version = 7", "PRAGMA incremental_vacuum",
                "PRAGMA application_id(7)",
                "CREATE VIEW x AS SELECT 1", "ALTER TABLE t RENAME TO x",
                "WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 2 FROM x",
                "INSERT INTO t VALUES (3, 4) RETURNING a", "CREATE VIRTUAL TABLE x USING fts5(a)",
            ], rights: .read, { $0 == .noRight })
        let (house, tenant) = try await Self.house()
        let outcomes = try await house.outcomes(
            of: ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "PRAGMA optimize", "PRAGMA user_version", "SELECT a FROM t"],
            on: tenant, .read)
        #expect(outcomes[0] == .sqlite(8) && outcomes[1] == .sqlite(8), "a reader takes no write lock: \(outcomes)")
        #expect(outcomes[3...] == [.row("0"), .row("1")])
        try house.stop()
    }

    @Test func `what a writer compiled or opened is nothing for a reader`() async throws {
        let (house, tenant) = try await Self.house()
        let insert = "INSERT INTO u VALUES (5)"
        #expect(try await house.outcomes(of: [insert, insert], on: tenant) == [.row(""), .row("")])
        #expect(try await house.outcomes(of: [insert], on: tenant, .read) == [.noRight])
        // On one stream, whose connection a writer's transaction made.
        let tenantID = tenant
        let outcomes = try await house.engine.perform(on: tenantID) { (database) -> [Caller.Outcome] in
            let stream = database.temporaryStream(principal: 1)
            defer { database.close(stream) }
            let writer = Caller(database, stream, .write)
            let reader = Caller(database, stream, .read)
            return [
                writer.run("BEGIN"), writer.run(insert), reader.run(insert), reader.run("DELETE FROM u"),
                reader.run("SELECT count(*) FROM u"), writer.run(insert), writer.run("COMMIT"),
            ]
        }
        #expect(outcomes == [.row(""), .row(""), .noRight, .noRight, .row("3"), .row(""), .row("")])
        try house.stop()
    }

    @Test func `a zero byte hides nothing behind it`() async throws {
        let (house, tenant) = try await Self.house()
        let outcomes = try await house.outcomes(
            of: ["SELECT 1\0; DROP TABLE t", "SELECT 'a\0b'", "\0SELECT 1", "SELECT 1;\0"], on: tenant)
        #expect(outcomes == Array(repeating: .sqlite(1), count: 4))
        #expect(try await house.outcomes(of: ["SELECT a FROM t"], on: tenant) == [.row("1")])
        try house.stop()
    }

    @Test func `one text is one statement`() async throws {
        let (house, tenant) = try await Self.house()
        let texts = [
            "SELECT 1; ATTACH 'x' AS y", "SELECT 1;;SELECT 2", "SELECT 1; x", "SELECT 1; '", "SELECT 1;/**/;-- x\n;",
        ]
        let outcomes = try await house.outcomes(of: texts, on: tenant)
        #expect(outcomes[..<4].allSatisfy { $0 == .other(.manyStatements) }, "\(outcomes)")
        #expect(outcomes[4] == .row("1"))
        let script = try await house.engine.perform(on: tenant) { (database) -> [Caller.Outcome] in
            let caller = Caller(database)
            defer { caller.leave() }
            return [caller.runScript("SELECT 1; ATTACH 'x' AS y; DROP TABLE t"), caller.run("SELECT a FROM t")]
        }
        #expect(script == [.blocked, .row("1")])
        try house.stop()
    }
}
