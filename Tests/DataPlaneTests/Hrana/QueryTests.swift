import Access
import DataPlane
import Foundation
import Tenants
import Testing
import Vocabulary

/// `POST query`, from the socket to the engine and back.
@Suite struct QueryTests {
    private func query(_ body: String, _ headers: String = "", tenant: String = "acme") -> String {
        post("/t/\(tenant)/query", body, headers)
    }

    private func count(_ door: HranaDoor) async throws -> String? {
        let answer = try await door.ask(query(#"{"sql": "SELECT 'n=' || count(*) FROM t"}"#))
        return JSON(answer.body)["rows"][0][0].string
    }

    @Test func `one statement is answered with its rows as plain JSON`() async throws {
        try await HranaDoor.open { door in
            let insert = try await door.ask(
                query(#"{"sql": "INSERT INTO t(v) VALUES (?), (?) RETURNING id, v", "args": ["ä", null]}"#))
            #expect(insert.status == 200 && insert.headers["content-type"] == "application/json")
            #expect(
                insert.body.hasPrefix(
                    #"{"columns":["id","v"],"rows":[[1,"ä"],[2,null]],"rowsAffected":2,"lastInsertRowID":2,"bookmark":"1-1","durationMS":"#
                ), "\(insert.body)")
            #expect(insert.headers["rowhouse-bookmark"] == "1-1")
            let named = try await door.ask(
                query(#"{"sql": "SELECT v FROM t WHERE id = :id", "args": {"id": 1}}"#, "Rowhouse-Bookmark: 1-1\r\n"))
            #expect(JSON(named.body)["rows"][0][0].string == "ä", "\(named.body)")
            let older = try await door.ask(query(#"{"sql": "SELECT 1"}"#, "Rowhouse-Bookmark: 1-2\r\n"))
            #expect(older.status == 412 && JSON(older.body)["error"]["code"].string == "bookmark_mismatch")
        }
    }

    @Test func `several statements are all done or none, unless they are each for itself`() async throws {
        try await HranaDoor.open { door in
            let insert = #"{"sql": "INSERT INTO t(v) VALUES (1)"}"#
            let wrong = #"{"sql": "INSERT INTO t(id) VALUES (1), (1)"}"#
            let both = try await door.ask(query(#"{"statements": [\#(insert), \#(insert)]}"#))
            #expect(both.status == 200 && both.headers["rowhouse-bookmark"] == "1-1")
            #expect(JSON(both.body)["results"].count == 2, "\(both.body)")
            let failed = try await door.ask(query(#"{"statements": [\#(insert), \#(wrong)]}"#))
            #expect(failed.status == 400)
            #expect(
                failed.body.hasPrefix(
                    #"{"error":{"code":"sql_error","sqlite":"SQLITE_CONSTRAINT","message":"SQLite error: UNIQUE constraint failed: t.id","statement":1,"requestID":"#
                ), "\(failed.body)")
            #expect(try await count(door) == "n=2")
            let apart = try await door.ask(
                query(#"{"statements": [\#(insert), \#(wrong), \#(insert)], "atomic": false}"#))
            #expect(apart.status == 400)
            #expect(try await count(door) == "n=3")
        }
    }

    @Test func `a commit that fails undoes everything and names no statement`() async throws {
        try await HranaDoor.open { door in
            let schema =
                #"{"statements": [{"sql": "CREATE TABLE p(a PRIMARY KEY)"}, {"sql": "CREATE TABLE c(a REFERENCES p DEFERRABLE INITIALLY DEFERRED)"}]}"#
            _ = try await door.ask(query(schema))
            let failed = try await door.ask(
                query(
                    #"{"statements": [{"sql": "INSERT INTO t(v) VALUES (1)"}, {"sql": "INSERT INTO c VALUES (1)"}]}"#))
            let keys = try await door.ask(query(#"{"sql": "PRAGMA foreign_keys"}"#))
            let checks = JSON(keys.body)["rows"][0][0].string == nil && keys.body.contains("[[1]]")
            #expect(failed.status == (checks ? 400 : 200))
            #expect(try await count(door) == (checks ? "n=0" : "n=1"))
        }
    }

    @Test(arguments: [
        ("{", 400, "bad_request"), (#"{"sql": "SELECT 1", "parameters": []}"#, 400, "bad_request"),
        (#"{"sql": "SELEC"}"#, 400, "sql_error"), (#"{"sql": ""}"#, 400, "sql_error"),
        (#"{"sql": "SELECT 1; SELECT 2"}"#, 400, "sql_error"), (#"{"sql": "BEGIN"}"#, 400, "sql_error"),
        (#"{"sql": "/* x */ COMMIT"}"#, 400, "sql_error"), (#"{"sql": "ATTACH 'x' AS y"}"#, 400, "sql_error"),
        (#"{"sql": "VACUUM"}"#, 400, "sql_error"), (#"{"sql": "SELECT ?"}"#, 400, "sql_error"),
        (#"{"sql": "SELECT CAST(x'FF' AS TEXT)"}"#, 400, "sql_error"),
        (#"{"sql": "SELECT * FROM _rowhouse_idempotency"}"#, 400, "sql_error"),
        (
            #"{"sql": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT zeroblob(100000) FROM c"}"#,
            413, "result_too_large"
        ),
    ])
    func `a mistake has its status and code, and the same shape always`(
        _ body: String, _ status: Int, _ code: String
    ) async throws {
        try await HranaDoor.open { door in
            let answer = try await door.ask(query(body))
            #expect(answer.status == status, "\(answer)")
            #expect(answer.headers["content-type"] == "application/json")
            let error = JSON(answer.body)["error"]
            #expect(error["code"].string == code, "\(answer.body)")
            #expect(error["requestID"].string == answer.headers["rowhouse-request-id"])
            #expect(error["message"].string?.isEmpty == false)
        }
    }

    @Test func `what fails before it comes to statements has that shape, too`() async throws {
        try await HranaDoor.open { door in
            let select = #"{"sql": "SELECT 1"}"#
            for (text, status, code) in [
                (query(select, tenant: "nobody"), 404, "tenant_not_found"),
                (query(select, "Origin: https://evil.example\r\n"), 403, "origin_refused"),
                (query(select, "Rowhouse-Timeout: soon\r\n"), 400, "bad_request"),
                (query(select, "Idempotency-Key: \(String(repeating: "k", count: 129))\r\n"), 400, "bad_request"),
                (get("/t/acme/query"), 405, "method_not_allowed"),
            ] {
                let answer = try await door.ask(text)
                #expect(answer.status == status && JSON(answer.body)["error"]["code"].string == code, "\(answer)")
            }
        }
    }

    // MARK: Idempotency

    @Test func `a request under a key is done once, and answered again with the same`() async throws {
        let house = try await HranaHouse()
        let key = "Idempotency-Key: order-1\r\n"
        let insert = query(#"{"sql": "INSERT INTO t(v) VALUES (random()) RETURNING v"}"#, key)
        try await HranaDoor.open(house: house) { door in
            let first = try await door.ask(insert)
            let again = try await door.ask(insert)
            #expect(first.status == 200 && again.status == 200, "\(first) \(again)")
            let results = { (text: String) in text.components(separatedBy: ",\"bookmark\"")[0] }
            #expect(results(first.body) == results(again.body))
            #expect(try await count(door) == "n=1")
            let other = try await door.ask(query(#"{"sql": "INSERT INTO t(v) VALUES (2)"}"#, key))
            #expect(other.status == 422 && JSON(other.body)["error"]["code"].string == "idempotency_mismatch")
            let failing = query(#"{"sql": "INSERT INTO t(id) VALUES (1)"}"#, "Idempotency-Key: order-2\r\n")
            #expect(try await door.ask(failing).status == 400)
            let long = query(#"{"sql": "SELECT zeroblob(70000)"}"#, "Idempotency-Key: order-3\r\n")
            let refused = try await door.ask(long)
            #expect(refused.status == 400 && JSON(refused.body)["error"]["code"].string == "idempotency_not_possible")
            #expect(try await count(door) == "n=1")
        }
    }

    @Test func `the table of keys is in nobody's way`() async throws {
        try await HranaDoor.open { door in
            _ = try await door.ask(query(#"{"sql": "CREATE INDEX i ON t(v)"}"#, "Idempotency-Key: k\r\n"))
            for sql in ["ANALYZE", "REINDEX", "PRAGMA optimize", "PRAGMA integrity_check"] {
                let answer = try await door.ask(query(#"{"sql": "\#(sql)"}"#))
                #expect(answer.status == 200, "\(sql): \(answer.body)")
            }
        }
    }

    @Test func `what cannot be answered has not been done`() async throws {
        try await HranaDoor.open { door in
            for (values, status) in [("CAST(x'FF' AS TEXT)", 400), ("zeroblob(20000000)", 413)] {
                let sql = "INSERT INTO t(v) VALUES (1), (\(values)) RETURNING v"
                let answer = try await door.ask(query(#"{"sql": "\#(sql)"}"#))
                #expect(answer.status == status, "\(answer.body.prefix(200))")
                #expect(try await count(door) == "n=0")
                let pipeline = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline(sql)))
                #expect(JSON(pipeline.body)["results"][0]["type"].string == "error")
                #expect(try await count(door) == "n=0")
                let cursor = try await door.ask(post("/t/acme/v3/cursor", HranaDoor.cursor(sql)))
                #expect(cursor.body.contains("step_error"), "\(cursor.body.prefix(300))")
                #expect(try await count(door) == "n=0")
            }
        }
    }

    @Test func `of many at once under one key one is done`() async throws {
        try await HranaDoor.open { door in
            let insert = query(#"{"sql": "INSERT INTO t(v) VALUES (1) RETURNING id"}"#, "Idempotency-Key: k\r\n")
            let bodies = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await door.ask(insert).body } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(bodies.allSatisfy { $0.hasPrefix(#"{"columns":["id"],"rows":[[1]]"#) }, "\(bodies)")
            #expect(try await count(door) == "n=1")
        }
    }

    // MARK: Waiting

    @Test func `transactions of many callers do not see each other half done`() async throws {
        try await HranaDoor.open { door in
            _ = try await door.ask(query(#"{"sql": "INSERT INTO t VALUES (1, 0)"}"#))
            let transfer = query(
                #"{"statements": [{"sql": "SELECT v FROM t WHERE id = 1"}, {"sql": "UPDATE t SET v = v + 1 WHERE id = 1"}, {"sql": "SELECT v FROM t WHERE id = 1"}]}"#
            )
            let begin = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("BEGIN IMMEDIATE")))
            async let answers = withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { try await door.ask(transfer).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await Task.sleep(for: .milliseconds(100))
            _ = try await door.ask(
                post("/t/acme/v3/pipeline", HranaDoor.pipeline("COMMIT", baton: JSON(begin.body)["baton"].string)))
            #expect(try await answers == [Int](repeating: 200, count: 10))
            let last = try await door.ask(query(#"{"sql": "SELECT 'v=' || v FROM t"}"#))
            #expect(JSON(last.body)["rows"][0][0].string == "v=10")
        }
    }

    @Test func `a transaction whose slow read was overtaken writes on what is there now`() async throws {
        try await HranaDoor.open { door in
            let slow =
                "SELECT (SELECT max(m.i) FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000) SELECT i FROM c) m WHERE m.i <> n.i), (SELECT count(*) FROM t) FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100) SELECT i FROM c) n"
            let both = query(
                #"{"statements": [{"sql": "\#(slow)"}, {"sql": "INSERT INTO t(v) SELECT count(*) FROM t RETURNING v"}]}"#
            )
            async let answer = door.ask(both)
            for _ in 0..<20_000 where door.house.engine.load.readersAside == 0 {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(try await door.ask(query(#"{"sql": "INSERT INTO t(v) VALUES (0)"}"#)).status == 200)
            let done = try await answer
            #expect(done.status == 200, "\(done)")
            // Its read and its write saw the same: that the other was there before.
            #expect(done.body.contains("2999,1]") || done.body.contains("3000,1]"), "\(done.body.suffix(200))")
            #expect(JSON(done.body)["results"][1]["rows"].description.contains("1"))
            #expect(try await count(door) == "n=2")
        }
    }

    @Test func `who may only read may not write, and has no use for a key`() async throws {
        let tokens = try Tokens()
        try await HranaDoor.open(authenticator: tokens.authenticator) { door in
            let reader = "Authorization: Bearer \(try tokens.make(HranaHouse.tenant, "acme", .read))\r\n"
            let refused = try await door.ask(query(#"{"sql": "INSERT INTO t(v) VALUES (1)"}"#, reader))
            #expect(refused.status == 403 && JSON(refused.body)["error"]["code"].string == "forbidden")
            let both = try await door.ask(
                query(
                    #"{"statements": [{"sql": "SELECT 1"}, {"sql": "SELECT 2"}]}"#, reader + "Idempotency-Key: k\r\n"))
            #expect(both.status == 200, "\(both)")
            let none = try await door.ask(query(#"{"sql": "SELECT 1"}"#))
            #expect(none.status == 401 && JSON(none.body)["error"]["code"].string == "token_missing")
        }
    }
}
