import DataPlane
import Hrana
import Testing
import Vocabulary

/// Each kind of request, and what it answers.
@Suite struct RequestTests {
    @Test func `execute answers columns, rows of every type, and counts`() async throws {
        let house = try await HranaHouse()
        let reply = await house.execute(
            "SELECT 1 AS a, -2.5 AS b, 'x\"' AS c, x'0102' AS d, NULL AS e, 9e999 AS f, v FROM (SELECT 'q' v)")
        #expect(reply.status == 200)
        #expect(reply.contentType == "application/json")
        let result = reply.result()
        #expect(result["cols"].array.map { $0["name"].string } == ["a", "b", "c", "d", "e", "f", "v"])
        let row = result["rows"][0]
        #expect(row[0]["type"].string == "integer" && row[0]["value"].string == "1")
        #expect(row[1]["type"].string == "float" && row[1]["value"].double == -2.5)
        #expect(row[2]["type"].string == "text" && row[2]["value"].string == "x\"")
        #expect(row[3]["type"].string == "blob" && row[3]["base64"].string == "AQI")
        #expect(row[4]["type"].string == "null")
        #expect(row[5]["type"].string == "float" && row[5]["value"].isNull)
        #expect(result["affected_row_count"].int == 0)
        #expect(result["last_insert_rowid"].isNull)
        #expect(result["query_duration_ms"].double! >= 0)
        #expect(reply.json["base_url"].isNull)
        try house.stop()
    }

    @Test func `an insert tells rows and rowid, an update rows only, and the declared types are there`() async throws {
        let house = try await HranaHouse()
        let insert = await house.execute("INSERT INTO t(v) VALUES ('a'), ('b')")
        #expect(insert.result()["affected_row_count"].int == 2)
        #expect(insert.result()["last_insert_rowid"].string == "2")
        let update = await house.execute("UPDATE t SET v = 'c'")
        #expect(update.result()["affected_row_count"].int == 2)
        #expect(update.result()["last_insert_rowid"].isNull)
        let select = await house.execute("SELECT * FROM t")
        #expect(select.result()["cols"][0]["decltype"].string == "INTEGER")
        #expect(select.result()["cols"][1]["decltype"].isNull)
        #expect(select.result()["rows"].count == 2)
        #expect(select.bookmark!.txid.rawValue == 2)
        try house.stop()
    }

    @Test func `a statement that defines changes no rows, whatever came before`() async throws {
        let house = try await HranaHouse()
        let insert = await house.execute("INSERT INTO t(v) VALUES ('a'), ('b'), ('c')")
        #expect(insert.result()["affected_row_count"].int == 3)
        for sql in [
            "CREATE TABLE u (v)", "CREATE INDEX i ON t (v)", "ALTER TABLE u RENAME TO w", "ANALYZE", "REINDEX",
            "CREATE TABLE x AS SELECT * FROM t", "DROP TABLE w", "DROP INDEX i",
        ] {
            let result = await house.execute(sql).result()
            #expect(result["affected_row_count"].int == 0 && result["last_insert_rowid"].isNull, "\(sql)")
        }
        try house.stop()
    }

    @Test func `arguments are bound by position and by name, of every type`() async throws {
        let house = try await HranaHouse()
        let cases = [
            (
                #"{"sql":"SELECT ?, ?2","args":[{"type":"text","value":"p"},{"type":"integer","value":"-9223372036854775808"}]}"#,
                ["p", "-9223372036854775808"]
            ),
            (
                #"{"sql":"SELECT :a, @a, $a","named_args":[{"name":"a","value":{"type":"text","value":"n"}}]}"#,
                ["n", "n", "n"]
            ),
            (
                #"{"sql":"SELECT :a, @a","named_args":[{"name":":a","value":{"type":"text","value":"x"}},{"name":"a","value":{"type":"text","value":"y"}}]}"#,
                ["x", "y"]
            ),
            (
                #"{"sql":"SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?)","args":[{"type":"null"},{"type":"float","value":3},{"type":"blob","base64":""},{"type":"blob","base64":"AAE="},{"type":"text","value":""}]}"#,
                ["null", "real", "blob", "blob", "text"]
            ),
        ]
        for (statement, expected) in cases {
            let reply = await house.ask(nil, #"{"type":"execute","stmt":\#(statement)}"#)
            #expect(
                reply.result()["rows"][0].array.map { $0["value"].string } == expected, "\(statement) \(reply.body)")
        }
        try house.stop()
    }

    @Test func `want_rows false leaves the rows out of an execute, not out of a batch`() async throws {
        let house = try await HranaHouse()
        let statement = #"{"sql":"INSERT INTO t(v) VALUES (1), (2) RETURNING id","want_rows":false}"#
        let execute = await house.ask(nil, #"{"type":"execute","stmt":\#(statement)}"#)
        #expect(execute.result()["rows"].count == 0)
        #expect(execute.result()["cols"].count == 1)
        #expect(execute.result()["affected_row_count"].int == 2)
        let batch = await house.ask(nil, #"{"type":"batch","batch":{"steps":[{"stmt":\#(statement)}]}}"#)
        #expect(batch.result()["step_results"][0]["rows"].count == 2)
        try house.stop()
    }

    @Test func `a failing request does not stop those after it`() async throws {
        let house = try await HranaHouse()
        let reply = await house.ask(
            nil, HranaHouse.execute("SELEC 1"), HranaHouse.execute("SELECT 2"), #"{"type":"get_autocommit"}"#)
        #expect(reply.status == 200)
        #expect(reply.json["results"].count == 3)
        #expect(reply.code() == "SQL_PARSE_ERROR")
        #expect(reply.result(1)["rows"][0][0]["value"].string == "2")
        #expect(reply.json["results"][2]["response"]["is_autocommit"].bool == true)
        try house.stop()
    }

    @Test func `a batch runs steps on conditions and reports skipped, failed and successful ones`() async throws {
        let house = try await HranaHouse()
        let steps = [
            #"{"stmt":{"sql":"BEGIN"}}"#,
            #"{"stmt":{"sql":"INSERT INTO t(v) VALUES (1)"},"condition":{"type":"ok","step":0}}"#,
            #"{"stmt":{"sql":"INSERT INTO nowhere VALUES (1)"},"condition":{"type":"ok","step":1}}"#,
            #"{"stmt":{"sql":"COMMIT"},"condition":{"type":"ok","step":2}}"#,
            #"{"stmt":{"sql":"ROLLBACK"},"condition":{"type":"not","cond":{"type":"ok","step":3}}}"#,
            #"{"stmt":{"sql":"SELECT count(*) FROM t"},"condition":{"type":"and","conds":[{"type":"is_autocommit"},{"type":"error","step":2}]}}"#,
        ]
        let reply = await house.ask(nil, #"{"type":"batch","batch":{"steps":[\#(steps.joined(separator: ","))]}}"#)
        let result = reply.result()
        #expect(result["step_results"].array.map(\.isNull) == [false, false, true, true, false, false])
        #expect(result["step_errors"].array.map(\.isNull) == [true, true, false, true, true, true])
        #expect(result["step_errors"][2]["code"].string == "SQLITE_UNKNOWN")
        #expect(result["step_results"][5]["rows"][0][0]["value"].string == "0")
        try house.stop()
    }

    @Test func `a sequence runs everything up to the first failure, and keeps that`() async throws {
        let house = try await HranaHouse()
        func run(_ sql: String) async -> Reply {
            await house.ask(nil, #"{"type":"sequence","sql":\#(HranaHouse.quoted(sql))}"#)
        }
        let good = await run(
            """
            CREATE TABLE a(x); -- a comment; with a semicolon
            CREATE TRIGGER tr AFTER INSERT ON a BEGIN INSERT INTO t(v) VALUES (';'); INSERT INTO t(v) VALUES (2); END;
            INSERT INTO a VALUES (';'), ('--'); ; /* ; */ SELECT * FROM a
            """)
        #expect(good.json["results"][0]["response"]["type"].string == "sequence", "\(good.body)")
        #expect(await house.execute("SELECT count(*) FROM t").value == "4")
        let bad = await run("INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (2); INSERT INTO a VALUES (3)")
        #expect(bad.code() == "SQLITE_UNKNOWN")
        #expect(await house.execute("SELECT count(*) FROM a").value == "3")
        #expect(await run("").json["results"][0]["type"].string == "ok")
        #expect(await run(" ;; -- nothing").json["results"][0]["type"].string == "ok")
        #expect(await run("BEGIN READONLY; SELECT 1; COMMIT").json["results"][0]["type"].string == "ok")
        #expect(await run("SELECT 1; VACUUM; SELECT 2").json["results"][0]["type"].string == "ok")
        #expect(await run("SELECT 1; VACUUM INTO 'x'").code() == "BLOCKED")
        try house.stop()
    }

    @Test func `describe tells parameters, columns and kind, and never executes`() async throws {
        let house = try await HranaHouse()
        func describe(_ sql: String) async -> JSON {
            await house.ask(nil, #"{"type":"describe","sql":\#(HranaHouse.quoted(sql))}"#).result()
        }
        let select = await describe("SELECT id, v AS w FROM t WHERE id = :id AND v = ?5")
        #expect(select["params"].count == 5)
        #expect(select["params"][0]["name"].string == ":id")
        #expect(select["params"][1]["name"].isNull)
        #expect(select["params"][4]["name"].string == "?5")
        #expect(select["cols"].array.map { $0["name"].string } == ["id", "w"])
        #expect(select["is_explain"].bool == false && select["is_readonly"].bool == true)
        let insert = await describe("INSERT INTO t(v) VALUES (1) RETURNING id")
        #expect(insert["is_readonly"].bool == false && insert["cols"].count == 1)
        #expect(await describe("EXPLAIN SELECT 1")["is_explain"].bool == true)
        for sql in [
            "BEGIN", "BEGIN READONLY", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT a",
            "PRAGMA foreign_keys = ON", "VACUUM", "CREATE TABLE x(y)", "CREATE TEMP TABLE x(y)", "DROP TABLE t",
        ] {
            let result = await describe(sql)
            #expect(result["cols"].count == 0, "\(sql) \(result)")
        }
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        #expect(await house.execute("SELECT count(*) FROM sqlite_master").value == "1")
        _ = await house.execute("ALTER TABLE t ADD COLUMN z")
        #expect(await describe("SELECT * FROM t")["cols"].count == 3)
        try house.stop()
    }

    @Test func `stored texts are run by number until they are closed`() async throws {
        let house = try await HranaHouse()
        let first = await house.ask(
            nil, #"{"type":"store_sql","sql_id":1,"sql":"SELECT 41 + ?"}"#,
            #"{"type":"execute","stmt":{"sql_id":1,"args":[{"type":"integer","value":"1"}]}}"#)
        #expect(first.result(1)["rows"][0][0]["value"].string == "42")
        let second = await house.ask(
            first.baton, #"{"type":"describe","sql_id":1}"#,
            #"{"type":"batch","batch":{"steps":[{"stmt":{"sql_id":1,"args":[{"type":"integer","value":"2"}]}}]}}"#,
            #"{"type":"close_sql","sql_id":1}"#, #"{"type":"close_sql","sql_id":99}"#,
            #"{"type":"store_sql","sql_id":1,"sql":"SELECT 7"}"#, #"{"type":"sequence","sql_id":1}"#)
        #expect(second.result(0)["params"].count == 1)
        #expect(second.result(1)["step_results"][0]["rows"][0][0]["value"].string == "43")
        #expect(second.json["results"].array.allSatisfy { $0["type"].string == "ok" }, "\(second.body)")
        try house.stop()
    }

    @Test func `get_autocommit follows the stream's transaction`() async throws {
        let house = try await HranaHouse()
        let get = #"{"type":"get_autocommit"}"#
        let reply = await house.ask(
            nil, get, HranaHouse.execute("BEGIN"), get, HranaHouse.execute("ROLLBACK"), get)
        let answers = [0, 2, 4].map { reply.json["results"][$0]["response"]["is_autocommit"].bool }
        #expect(answers == [true, false, true])
        try house.stop()
    }

    @Test(arguments: [
        "BEGIN READONLY", "begin transaction readonly", "BEGIN READONLY TRANSACTION", " /* x */ BEGIN READONLY ;",
    ])
    func `a read-only transaction reads and refuses writes, as a statement's error`(_ begin: String) async throws {
        let house = try await HranaHouse()
        let reply = await house.ask(
            nil, HranaHouse.execute(begin), HranaHouse.execute("SELECT count(*) FROM t"),
            HranaHouse.execute("INSERT INTO t(v) VALUES (1)"), #"{"type":"get_autocommit"}"#,
            HranaHouse.execute("COMMIT"), HranaHouse.execute("INSERT INTO t(v) VALUES (2)"))
        #expect(reply.status == 200)
        #expect(reply.json["results"][0]["type"].string == "ok", "\(reply.body)")
        #expect(reply.result(1)["rows"][0][0]["value"].string == "0")
        #expect(reply.code(2) == "SQLITE_READONLY")
        #expect(reply.json["results"][3]["response"]["is_autocommit"].bool == false)
        #expect(reply.json["results"][5]["type"].string == "ok", "\(reply.body)")
        #expect(await house.execute("SELECT v FROM t").value == "2")
        try house.stop()
    }
}
