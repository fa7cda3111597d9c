import DataPlane
import Hrana
import Tenants
import Testing
import Vocabulary

/// What is wrong with a statement, by its code.
@Suite struct StatementErrorTests {
    @Test func `each mistake has its code, and the stream goes on`() async throws {
        let house = try await HranaHouse(
            schema:
                "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE, w CHECK (w < 10)); INSERT INTO t VALUES (1, 'a', 1)")
        let cases: [(String, String)] = [
            ("", "SQL_NO_STATEMENT"),
            ("  -- nothing\n;", "SQL_NO_STATEMENT"),
            ("SELECT 1; SELECT 2", "SQL_MANY_STATEMENTS"),
            ("SELECT 1; bogus", "SQL_MANY_STATEMENTS"),
            ("VACUUM; SELECT 1", "SQL_MANY_STATEMENTS"),
            ("BEGIN READONLY; SELECT 1", "SQL_MANY_STATEMENTS"),
            ("SELEC 1", "SQL_PARSE_ERROR"),
            ("SELECT (1", "SQL_PARSE_ERROR"),
            ("SELECT #", "SQL_PARSE_ERROR"),
            ("SELECT missing FROM t", "SQL_INPUT_ERROR"),
            ("SELECT nofunction(1)", "SQL_INPUT_ERROR"),
            ("SELECT * FROM nowhere", "SQLITE_UNKNOWN"),
            ("SELECT abs(-9223372036854775808)", "SQLITE_UNKNOWN"),
            ("INSERT INTO t VALUES (2, 'a', 1)", "SQLITE_CONSTRAINT"),
            ("INSERT INTO t VALUES (2, 'b', 11)", "SQLITE_CONSTRAINT"),
            ("INSERT INTO t(id) VALUES ('x')", "SQLITE_MISMATCH"),
            ("SELECT zeroblob(100000000)", "SQLITE_TOOBIG"),
            ("SELECT CAST(x'ff' AS TEXT)", "TEXT_NOT_UTF8"),
            ("ATTACH ':memory:' AS x", "BLOCKED"),
            ("\u{FEFF}ATTACH '' AS x", "BLOCKED"),
            ("DETACH main", "BLOCKED"),
            ("PRAGMA journal_mode = DELETE", "BLOCKED"),
            ("PRAGMA writable_schema = 1", "BLOCKED"),
            ("SELECT load_extension('x')", "BLOCKED"),
            ("VACUUM nowhere", "SQLITE_UNKNOWN"),
            ("VACUUM main main", "SQL_PARSE_ERROR"),
            ("vacuum main into 'x'", "BLOCKED"),
            ("VACUUM INTO '/tmp/rowhouse-must-not-exist'", "BLOCKED"),
            ("/* */ ; VACUUM/**/INTO ?", "BLOCKED"),
            ("CREATE TABLE _rowhouse_x(a)", "BLOCKED"),
            ("COMMIT", "SQLITE_UNKNOWN"),
        ]
        var baton: String?
        for (sql, code) in cases {
            let reply = await house.execute(sql, on: baton)
            #expect(reply.status == 200, "\(sql) \(reply.body)")
            #expect(reply.code() == code, "\(sql) \(reply.body)")
            #expect(reply.message()?.isEmpty == false, "\(sql)")
            baton = reply.baton
        }
        let after = await house.execute("SELECT count(*) FROM t", on: baton)
        #expect(after.value == "1")
        try house.stop()
    }

    @Test func `messages of SQLite are handed on in the words that clients know`() async throws {
        let house = try await HranaHouse(schema: "CREATE TABLE t(v UNIQUE); INSERT INTO t VALUES (1)")
        #expect(
            await house.execute("INSERT INTO t VALUES (1)").message() == "SQLite error: UNIQUE constraint failed: t.v")
        #expect(await house.execute("SELECT * FROM nowhere").message() == "SQLite error: no such table: nowhere")
        try house.stop()
    }

    @Test func `wrong arguments have their codes, and EXPLAIN may go without`() async throws {
        let house = try await HranaHouse()
        let one = #"{"type":"integer","value":"1"}"#
        let cases: [(String, String?)] = [
            (#"{"sql":"SELECT ?"}"#, "ARGS_INVALID"),
            (#"{"sql":"SELECT 1","args":[\#(one)]}"#, "ARGS_INVALID"),
            (#"{"sql":"SELECT ?, ?3","args":[\#(one)]}"#, "ARGS_INVALID"),
            (#"{"sql":"SELECT :a","args":[\#(one)]}"#, "ARGS_INVALID"),
            (#"{"sql":"SELECT :a","named_args":[{"name":"b","value":\#(one)}]}"#, "ARGS_INVALID"),
            (
                #"{"sql":"SELECT ?, :a","args":[\#(one)],"named_args":[{"name":"a","value":\#(one)}]}"#,
                "ARGS_BOTH_POSITIONAL_AND_NAMED"
            ),
            (#"{"sql":"BEGIN READONLY","args":[\#(one)]}"#, "ARGS_INVALID"),
            (#"{"sql":"EXPLAIN SELECT ?, :a"}"#, nil),
            (#"{"sql":"EXPLAIN QUERY PLAN SELECT ?"}"#, nil),
        ]
        for (statement, code) in cases {
            let reply = await house.ask(nil, #"{"type":"execute","stmt":\#(statement)}"#)
            #expect(reply.code() == code, "\(statement) \(reply.body)")
        }
        try house.stop()
    }

    @Test func `a statement that runs past the deadline ends with an error, and so do those after it`() async throws {
        let house = try await HranaHouse()
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
        let reply = await house.ask(
            nil, HranaHouse.execute("INSERT INTO t(v) VALUES (1)"), HranaHouse.execute(endless),
            HranaHouse.execute("INSERT INTO t(v) VALUES (2)"), as: .init(timeout: 200))
        #expect(reply.status == 200)
        #expect(reply.json["results"][0]["type"].string == "ok")
        #expect(reply.code(1) == "DEADLINE_EXCEEDED")
        #expect(reply.code(2) == "DEADLINE_EXCEEDED")
        #expect(await house.execute("SELECT count(*) FROM t").value == "1")
        try house.stop()
    }

    @Test func `one statement has its own bound within the deadline`() async throws {
        let house = try await HranaHouse { _, limits in limits.statementTime = 100_000_000 }
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
        let reply = await house.ask(nil, HranaHouse.execute(endless), HranaHouse.execute("SELECT 5"))
        #expect(reply.code() == "DEADLINE_EXCEEDED")
        #expect(reply.result(1)["rows"][0][0]["value"].string == "5")
        try house.stop()
    }

    @Test func `a request that asks for more time has it for one statement too`() async throws {
        let house = try await HranaHouse { _, limits in limits.statementTime = 100_000_000 }
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
        let body = "{\"sql\": \(HranaHouse.quoted(endless))}"
        try await HranaDoor.open(house: house, { $0.timeout = 20_000_000_000 }) { door in
            func run(_ headers: String) async throws -> Duration {
                let started = ContinuousClock.now
                let answer = try await door.ask(post("/t/acme/query", body, headers))
                #expect(answer.status == 504 && answer.body.contains("deadline_exceeded"), "\(answer.body)")
                return ContinuousClock.now - started
            }
            let (short, long) = (try await run(""), try await run("Rowhouse-Timeout: 1500\r\n"))
            #expect(short < .seconds(15), "the request's own time is longer")
            #expect(long > .milliseconds(1_400))
        }
    }

    @Test func `what the engine refuses has a status and a code`() async throws {
        let house = try await HranaHouse()
        let unknown = await house.execute("SELECT 1", as: .init(tenant: .init(4711)))
        #expect(unknown.status == 404 && unknown.body.hasPrefix("TENANT_NOT_FOUND"))
        let late = await house.execute("INSERT INTO t(v) VALUES (1)", as: .init(timeout: 0))
        #expect(late.status == 504 && late.json["code"].string == "DEADLINE_EXCEEDED", "\(late.body)")
        #expect(late.contentType == "application/json" && late.json["error"].string != nil)
        let gone = await house.execute("INSERT INTO t(v) VALUES (1)", as: .init(isGone: true))
        #expect(gone.body.isEmpty)
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        let ahead = await house.execute("SELECT 1", as: .init(bookmark: .init(epoch: .first, txid: .init(99))))
        #expect(ahead.status == 412 && ahead.json["code"].string == "BOOKMARK_MISMATCH")
        house.engine.bar(HranaHouse.tenant, .moving(HranaHouse.tenant))
        let moving = await house.execute("SELECT 1")
        #expect(moving.status == 503 && moving.body.hasPrefix("MOVING"))
        house.engine.bar(HranaHouse.tenant, nil)
        try house.stop()
    }
}
