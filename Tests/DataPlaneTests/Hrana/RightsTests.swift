import DataPlane
import Tenants
import Testing
import Vocabulary

/// Callers that may only read.
@Suite struct RightsTests {
    private static let reader = HranaHouse.Caller(principal: 9, rights: .read)

    @Test func `a reader reads, explains, and has transactions`() async throws {
        let house = try await HranaHouse()
        _ = await house.execute("INSERT INTO t(v) VALUES (1)")
        let reply = await house.ask(
            nil, HranaHouse.execute("SELECT count(*) FROM t"), HranaHouse.execute("EXPLAIN QUERY PLAN SELECT * FROM t"),
            HranaHouse.execute("BEGIN"), HranaHouse.execute("SAVEPOINT a"), HranaHouse.execute("SELECT 1"),
            HranaHouse.execute("RELEASE a"), HranaHouse.execute("COMMIT"), HranaHouse.execute("PRAGMA table_info(t)"),
            as: Self.reader)
        #expect(reply.status == 200)
        #expect(reply.json["results"].array.allSatisfy { $0["type"].string == "ok" }, "\(reply.body)")
        try house.stop()
    }

    @Test(arguments: [
        "INSERT INTO t(v) VALUES (1)", "UPDATE t SET v = 1", "DELETE FROM t", "CREATE TABLE x(y)", "DROP TABLE t",
        "PRAGMA user_version = 3", "WITH a AS (SELECT 1) INSERT INTO t(v) SELECT * FROM a", "CREATE INDEX i ON t(v)",
        "ALTER TABLE t ADD COLUMN z", "CREATE VIEW w AS SELECT 1",
    ])
    func `a reader's write fails the whole pipeline and closes the stream`(_ sql: String) async throws {
        let house = try await HranaHouse()
        let open = await house.execute("BEGIN", as: Self.reader)
        let reply = await house.ask(
            open.baton, HranaHouse.execute("SELECT 1"), HranaHouse.execute(sql), as: Self.reader)
        #expect(reply.status == 403, "\(reply.body)")
        #expect(reply.contentType == "application/json")
        #expect(reply.json["code"].string == "FORBIDDEN" && reply.json["error"].string != nil)
        #expect(reply.json["results"].isAbsent)
        #expect(await house.execute("SELECT 1", on: open.baton, as: Self.reader).status == 400)
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        try house.stop()
    }

    @Test func `a reader writes neither by batch, script, description, version 1 nor cursor`() async throws {
        let house = try await HranaHouse()
        let insert = "INSERT INTO t(v) VALUES (1)"
        let batch = #"{"steps":[{"stmt":{"sql":"SELECT 1"}},{"stmt":{"sql":"\#(insert)"}}]}"#
        for request in [
            #"{"type":"batch","batch":\#(batch)}"#, #"{"type":"sequence","sql":"SELECT 1; \#(insert)"}"#,
            #"{"type":"describe","sql":"\#(insert)"}"#,
        ] {
            #expect(await house.ask(nil, request, as: Self.reader).status == 403, "\(request)")
        }
        #expect(await house.version1(execute: #"{"stmt":{"sql":"\#(insert)"}}"#, Self.reader).status == 403)
        #expect(await house.version1(batch: #"{"batch":\#(batch)}"#, Self.reader).status == 403)
        let cursor = try house.cursor(#"{"batch":\#(batch)}"#, Self.reader)
        #expect(await cursor.part().status == 403)
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        #expect(house.engine.streamCount == 1)
        try house.stop()
    }

    @Test func `a statement that a writer has compiled is not run for a reader`() async throws {
        let house = try await HranaHouse()
        let insert = "INSERT INTO t(v) VALUES (1)"
        for _ in 0..<3 {
            #expect(await house.execute(insert).status == 200)
            #expect(await house.execute(insert, as: Self.reader).status == 403)
        }
        #expect(await house.execute("SELECT count(*) FROM t", as: Self.reader).value == "3")
        try house.stop()
    }
}
