import DataPlane
import Tenants
import Testing
import Vocabulary

/// The stateless calls of the first version.
@Suite struct Version1Tests {
    @Test func `execute answers one result`() async throws {
        let house = try await HranaHouse()
        let reply = await house.version1(
            execute: #"{"stmt":{"sql":"SELECT ? AS a","args":[{"type":"text","value":"x"}]}}"#)
        #expect(reply.status == 200 && reply.contentType == "application/json")
        #expect(reply.json["result"]["rows"][0][0]["value"].string == "x")
        #expect(reply.json["result"]["cols"][0]["name"].string == "a")
        try house.stop()
    }

    @Test func `a batch keeps its transaction and leaves nothing behind`() async throws {
        let house = try await HranaHouse()
        let steps =
            #"[{"stmt":{"sql":"BEGIN"}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (1)"}},{"stmt":{"sql":"COMMIT"}},{"stmt":{"sql":"BEGIN"}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (2)"}},{"stmt":{"sql":"SELEC"}}]"#
        let reply = await house.version1(batch: #"{"batch":{"steps":\#(steps)}}"#)
        #expect(reply.status == 200)
        #expect(reply.json["result"]["step_results"].count == 6)
        #expect(reply.json["result"]["step_errors"][5]["code"].string == "SQL_PARSE_ERROR")
        #expect(await house.execute("SELECT group_concat(v) FROM t").value == "1")
        #expect(house.engine.streamCount == 1)
        try house.stop()
    }

    @Test func `a failing statement is the answer's status`() async throws {
        let house = try await HranaHouse(schema: "CREATE TABLE t(v UNIQUE); INSERT INTO t VALUES (1)")
        let one = #"{"type":"integer","value":"1"}"#
        let cases: [(String, Int, String)] = [
            (#"{"sql":"SELEC"}"#, 400, "SQL_PARSE_ERROR"),
            (#"{"sql":""}"#, 400, "SQL_NO_STATEMENT"),
            (#"{"sql":"SELECT 1; SELECT 2"}"#, 400, "SQL_MANY_STATEMENTS"),
            (#"{"sql":"SELECT missing"}"#, 400, "SQL_INPUT_ERROR"),
            (#"{"sql":"SELECT ?"}"#, 400, "ARGS_INVALID"),
            (#"{"sql":"ATTACH 'x' AS y"}"#, 400, "BLOCKED"),
            (
                #"{"sql":"SELECT ?, :a","args":[\#(one)],"named_args":[{"name":"a","value":\#(one)}]}"#, 501,
                "ARGS_BOTH_POSITIONAL_AND_NAMED"
            ),
            (#"{"sql":"INSERT INTO t VALUES (1)"}"#, 500, "SQLITE_CONSTRAINT"),
            (#"{"sql":"SELECT * FROM nowhere"}"#, 500, "SQLITE_UNKNOWN"),
        ]
        for (statement, status, code) in cases {
            let reply = await house.version1(execute: #"{"stmt":\#(statement)}"#)
            #expect(reply.status == status, "\(statement) \(reply.body)")
            #expect(reply.contentType == "application/json")
            #expect(reply.json["code"].string == code && reply.json["message"].string != nil, "\(reply.body)")
        }
        let bad = await house.version1(execute: "{}")
        #expect(bad.status == 400 && bad.contentType == "text/plain")
        try house.stop()
    }

    @Test func `a write waits for its turn`() async throws {
        let house = try await HranaHouse()
        let holder = await house.ask(nil, HranaHouse.execute("BEGIN IMMEDIATE"))
        async let waiting = house.version1(execute: #"{"stmt":{"sql":"INSERT INTO t(v) VALUES (1)"}}"#)
        try await Task.sleep(for: .milliseconds(100))
        _ = await house.ask(holder.baton, HranaHouse.execute("COMMIT"))
        #expect(await waiting.json["result"]["affected_row_count"].int == 1)
        try house.stop()
    }
}
