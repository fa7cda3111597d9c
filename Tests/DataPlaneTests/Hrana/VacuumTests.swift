import DataPlane
import Tenants
import Testing

/// VACUUM as clients send it; what it does is the engine's own matter.
@Suite(.timeLimit(.minutes(2))) struct VacuumTests {
    private static let pages = "SELECT page_count FROM pragma_page_count"

    private static func wasteful() async throws -> HranaHouse {
        let house = try await HranaHouse()
        for sql in [
            "INSERT INTO t(v) SELECT randomblob(2000) FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 200) SELECT i FROM c)",
            "DELETE FROM t WHERE id > 10",
        ] { #expect(await house.execute(sql).code() == nil) }
        return house
    }

    @Test(arguments: ["VACUUM", " vacuum MAIN ;", "/* x */VACUUM -- y", "\u{FEFF}VACUUM 'main';;"])
    func `in any dress it compacts, and the stream goes on`(sql: String) async throws {
        let house = try await Self.wasteful()
        let before = await house.execute(Self.pages)
        let reply = await house.ask(
            nil, HranaHouse.execute("PRAGMA foreign_keys = ON"), HranaHouse.execute(sql),
            HranaHouse.execute(Self.pages),
            HranaHouse.execute("SELECT count(*) FROM t"), HranaHouse.execute("PRAGMA foreign_keys"))
        #expect(reply.status == 200, "\(reply.body)")
        #expect(reply.result(1)["rows"].count == 0 && reply.result(1)["affected_row_count"].int == 0, "\(reply.body)")
        let pages = Int(reply.result(2)["rows"][0][0]["value"].string ?? "") ?? .max
        #expect(pages < (Int(before.value ?? "") ?? 0) / 2)
        #expect(reply.result(3)["rows"][0][0]["value"].string == "10")
        #expect(reply.result(4)["rows"][0][0]["value"].string == "1")
        #expect(reply.bookmark != before.bookmark, "a bookmark never stands for two files")
        try house.stop()
    }

    @Test func `in batches, scripts, cursors and version 1`() async throws {
        let house = try await Self.wasteful()
        let steps = #"{"stmt":{"sql":"VACUUM"}},{"stmt":{"sql":"SELECT 7"}}"#
        let batch = await house.ask(nil, #"{"type":"batch","batch":{"steps":[\#(steps)]}}"#)
        #expect(batch.result()["step_results"][1]["rows"][0][0]["value"].string == "7", "\(batch.body)")
        let script = await house.ask(nil, #"{"type":"sequence","sql":"VACUUM; INSERT INTO t(v) VALUES (1); vacuum"}"#)
        #expect(script.json["results"][0]["type"].string == "ok", "\(script.body)")
        let cursor = try house.cursor(#"{"baton":null,"batch":{"steps":[\#(steps)]}}"#)
        let part = await cursor.part()
        #expect(part.body.contains(#""value":"7""#) && !part.body.contains("error"), "\(part.body)")
        let one = await house.version1(execute: #"{"stmt":{"sql":"VACUUM"}}"#)
        #expect(one.status == 200, "\(one.body)")
        try house.stop()
    }

    @Test func `in a transaction, without the right, and past the deadline it does nothing`() async throws {
        let house = try await Self.wasteful()
        let before = await house.execute(Self.pages).value
        let inside = await house.ask(
            nil, HranaHouse.execute("BEGIN"), HranaHouse.execute("VACUUM"), HranaHouse.execute("COMMIT"))
        #expect(inside.code(1) == "SQLITE_UNKNOWN", "\(inside.body)")
        #expect(inside.message(1) == "SQLite error: cannot VACUUM from within a transaction")
        #expect(inside.code(2) == nil)
        #expect(await house.execute("VACUUM", as: .init(rights: .read)).status == 403)
        #expect(await house.execute("VACUUM temp").code() == nil)
        let holder = await house.execute("BEGIN IMMEDIATE")
        #expect(await house.execute("VACUUM", as: .init(timeout: 200)).code() == "DEADLINE_EXCEEDED")
        #expect(await house.execute("COMMIT", on: holder.baton).code() == nil)
        #expect(await house.execute("INSERT INTO t(v) VALUES (1)").code() == nil)
        #expect(await house.execute(Self.pages).value == before)
        try house.stop()
    }

    @Test func `it has the request's time, whatever other statements have`() async throws {
        let house = try await HranaHouse { settings, limits in
            settings.transactionWait = 600_000_000
            settings.transactionIdle = 60_000_000_000
            limits.statementTime = 200_000_000
        }
        // It is in nobody's way but the compaction's, which gives it longer than a statement has.
        let holder = await house.execute("BEGIN")
        #expect(holder.code() == nil)
        let reply = await house.execute("VACUUM", as: .init(timeout: 15_000))
        #expect(reply.status == 200 && reply.code() == nil, "\(reply.body)")
        #expect(await house.execute("COMMIT", on: holder.baton).code() != nil)
        try house.stop()
    }
}
