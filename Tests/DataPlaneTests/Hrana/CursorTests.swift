import DataPlane
import Tenants
import Testing
import Vocabulary

/// Cursors: rows that go out while they are read.
@Suite struct CursorTests {
    private static func numbers(_ count: Int) -> String {
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT \(count)) SELECT x, 'abcdefghijklmnopqrstuvwxyz' FROM c"
    }

    private static func batch(_ statements: String..., baton: String? = nil) -> String {
        let steps = statements.map { #"{"stmt":{"sql":\#(HranaHouse.quoted($0))}}"# }.joined(separator: ",")
        return #"{"baton":\#(baton.map { "\"\($0)\"" } ?? "null"),"batch":{"steps":[\#(steps)]}}"#
    }

    @Test func `a small result is one part with the entries in order`() async throws {
        let house = try await HranaHouse()
        let cursor = try house.cursor(
            Self.batch(
                "INSERT INTO t(v) VALUES ('a'), ('b') RETURNING id", "SELECT v FROM t", "SELEC", "SELECT 1 WHERE 0"))
        let part = await cursor.part()
        #expect(cursor.isDone && part.status == 200)
        let entries = cursor.entries
        #expect(entries[0]["baton"].string != nil && entries[0]["base_url"].isNull)
        #expect(
            entries.dropFirst().map { $0["type"].string } == [
                "step_begin", "row", "row", "step_end", "step_begin", "row", "row", "step_end", "step_error",
                "step_begin", "step_end",
            ])
        #expect(entries[1]["cols"][0]["name"].string == "id" && entries[1]["step"].int == 0)
        #expect(entries[4]["affected_row_count"].int == 2 && entries[4]["last_insert_rowid"].string == "2")
        #expect(entries[6]["row"][0]["value"].string == "a")
        #expect(entries[9]["step"].int == 2 && entries[9]["error"]["code"].string == "SQL_PARSE_ERROR")
        #expect(await house.execute("SELECT count(*) FROM t", on: entries[0]["baton"].string).value == "2")
        try house.stop()
    }

    @Test func `a large result comes in parts of bounded size, whole and in order`() async throws {
        let house = try await HranaHouse()
        let cursor = try house.cursor(Self.batch(Self.numbers(20_000)))
        var largest = 0
        while !cursor.isDone { largest = max(largest, await cursor.part().body.utf8.count) }
        #expect(largest < 70_000)
        let rows = cursor.entries.filter { $0["type"].string == "row" }
        #expect(rows.count == 20_000)
        #expect(rows.enumerated().allSatisfy { $1["row"][0]["value"].string == "\($0 + 1)" })
        #expect(cursor.entries.filter { $0["type"].string == "step_begin" }.count == 1)
        #expect(cursor.entries.last?["type"].string == "step_end")
        try house.stop()
    }

    @Test func `several large steps, with conditions, run one after the other`() async throws {
        let house = try await HranaHouse()
        let sql = HranaHouse.quoted(Self.numbers(3_000))
        let cursor = try house.cursor(
            #"""
            {"batch":{"steps":[{"stmt":{"sql":"SELECT 0"}},{"stmt":{"sql":\#(sql)}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (1)"}},
            {"stmt":{"sql":\#(sql)},"condition":{"type":"error","step":1}},{"stmt":{"sql":\#(sql)},"condition":{"type":"ok","step":2}}]}}
            """#)
        await cursor.rest()
        let ends = cursor.entries.filter { $0["type"].string == "step_end" }
        #expect(ends.count == 4)
        #expect(cursor.entries.filter { $0["type"].string == "row" }.count == 6_001)
        #expect(cursor.entries.compactMap { $0["type"].string == "step_begin" ? $0["step"].int : nil } == [0, 1, 2, 4])
        try house.stop()
    }

    @Test func `a slow cursor holds up neither readers nor writers, and reads what it began with`() async throws {
        let house = try await HranaHouse()
        _ = await house.execute(
            "INSERT INTO t(v) \(Self.numbers(5_000).replacing("SELECT x, 'abcdefghijklmnopqrstuvwxyz' FROM c", with: "SELECT x FROM c"))"
        )
        let cursor = try house.cursor(Self.batch("SELECT id, v, 'some text to make it longer' FROM t"))
        await cursor.part()
        #expect(!cursor.isDone)
        for value in 0..<20 {
            #expect(await house.execute("INSERT INTO t(v) VALUES (\(value))").json["results"][0]["type"].string == "ok")
        }
        #expect(await house.execute("DELETE FROM t").result()["affected_row_count"].int == 5_020)
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        await cursor.rest()
        #expect(cursor.entries.filter { $0["type"].string == "row" }.count == 5_000)
        try house.stop()
    }

    @Test func `what writes is done with its first part, however slowly its rows are taken`() async throws {
        let house = try await HranaHouse()
        let insert =
            "INSERT INTO t(v) \(Self.numbers(5_000).replacing("SELECT x, 'abcdefghijklmnopqrstuvwxyz' FROM c", with: "SELECT 'abcdefghijklmnopqrstuvwxyz' FROM c")) RETURNING id, v"
        let cursor = try house.cursor(Self.batch(insert, Self.numbers(5_000)))
        await cursor.part()
        #expect(await house.execute("SELECT count(*) FROM t").value == "5000")
        let other = await house.execute("INSERT INTO t(v) VALUES (1)", as: .init(timeout: 5_000))
        #expect(other.result()["affected_row_count"].int == 1, "\(other.body)")
        await cursor.rest()
        #expect(cursor.entries.filter { $0["type"].string == "row" }.count == 10_000)
        try house.stop()
    }

    @Test func `the stream's next request ends a cursor that is not read`() async throws {
        let house = try await HranaHouse()
        let cursor = try house.cursor(Self.batch(Self.numbers(50_000)))
        await cursor.part()
        let baton = cursor.entries[0]["baton"].string
        let next = await house.execute("INSERT INTO t(v) VALUES (1)", on: baton)
        #expect(next.result()["affected_row_count"].int == 1, "\(next.body)")
        await cursor.part()
        #expect(cursor.isDone)
        #expect(cursor.entries.last?["type"].string == "error")
        #expect(cursor.entries.last?["error"]["code"].string == "CURSOR_ENDED")
        #expect(await house.execute("SELECT count(*) FROM t", on: next.baton).value == "1")
        try house.stop()
    }

    @Test func `a cursor inside a transaction reads its own writes and leaves it open`() async throws {
        let house = try await HranaHouse()
        let begin = try house.cursor(Self.batch("BEGIN", "INSERT INTO t(v) VALUES (7)"))
        await begin.rest()
        let read = try house.cursor(
            Self.batch("SELECT * FROM t", Self.numbers(5_000), baton: begin.entries[0]["baton"].string))
        await read.part()
        #expect(!read.isDone)
        #expect(read.entries[2]["row"][1]["value"].string == "7")
        // Its client reads on only after the commit: the cursor is ended, the transaction is not lost.
        let commit = await house.execute("COMMIT", on: read.entries[0]["baton"].string)
        #expect(commit.json["results"][0]["type"].string == "ok", "\(commit.body)")
        #expect(await house.execute("SELECT count(*) FROM t").value == "1")
        try house.stop()
    }

    @Test func `an abandoned cursor gives its statement back, and its stream lives on`() async throws {
        let house = try await HranaHouse()
        let cursor = try house.cursor(Self.batch(Self.numbers(50_000)))
        await cursor.part()
        cursor.leave()
        await cursor.part()
        #expect(cursor.isDone)
        #expect(await house.execute("SELECT 3", on: cursor.entries[0]["baton"].string).value == "3")
        try house.stop()
    }

    @Test func `a cursor that nobody reads ends by itself`() async throws {
        let house = try await HranaHouse { settings, _ in settings.cursorIdle = 150_000_000 }
        let cursor = try house.cursor(Self.batch(Self.numbers(50_000)))
        await cursor.part()
        try await Task.sleep(for: .milliseconds(700))
        await cursor.part()
        #expect(cursor.isDone)
        #expect(cursor.entries.last?["error"]["code"].string == "CURSOR_ENDED")
        try house.stop()
    }

    @Test func `the first line's baton tells the truth about the stream`() async throws {
        let house = try await HranaHouse()
        // Only read: it opens again anywhere, though rows were still being sent when the line went out.
        let long = try house.cursor(Self.batch(Self.numbers(5_000)))
        await long.part()
        #expect(!long.isDone)
        await long.rest()
        let open = try house.cursor(Self.batch("BEGIN", "INSERT INTO t(v) VALUES (1)"))
        await open.rest()
        try house.restart()
        #expect(await house.execute("SELECT 1", on: long.entries[0]["baton"].string).value == "1")
        #expect(await house.execute("COMMIT", on: open.entries[0]["baton"].string).body.contains("STREAM_EXPIRED"))
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        try house.stop()
    }

    @Test func `a writing step waits for another's transaction in the middle of a cursor`() async throws {
        let house = try await HranaHouse()
        let holder = await house.ask(nil, HranaHouse.execute("BEGIN IMMEDIATE"))
        let cursor = try house.cursor(Self.batch("SELECT 1", "INSERT INTO t(v) VALUES (2) RETURNING v", "SELECT 3"))
        async let rest: Void = cursor.rest()
        try await Task.sleep(for: .milliseconds(100))
        _ = await house.ask(holder.baton, HranaHouse.execute("COMMIT"))
        await rest
        let values = cursor.entries.filter { $0["type"].string == "row" }.map { $0["row"][0]["value"].string }
        #expect(values == ["1", "2", "3"])
        try house.stop()
    }

    @Test func `what fails before the first row is the answer's status`() async throws {
        let house = try await HranaHouse()
        let stored = try house.cursor(#"{"batch":{"steps":[{"stmt":{"sql_id":5}}]}}"#)
        let part = await stored.part()
        #expect(part.status == 400 && part.contentType == "text/plain" && stored.isDone)
        let unknown = try house.cursor(Self.batch("SELECT 1"), .init(tenant: TenantID(4711)))
        #expect(await unknown.part().status == 404)
        let late = try house.cursor(Self.batch("SELECT 1"), .init(timeout: 0))
        #expect(await late.part().status == 504)
        let first = try house.cursor(Self.batch("SELECT 1"))
        await first.rest()
        let baton = first.entries[0]["baton"].string
        await (try house.cursor(Self.batch("SELECT 1", baton: baton))).rest()
        let again = try house.cursor(Self.batch("SELECT 1", baton: baton))
        let refused = await again.part()
        #expect(refused.status == 400 && refused.body.contains("already used"))
        try house.stop()
    }

    @Test func `a deadline is each part's own, and a row that is too large fails its step alone`() async throws {
        let house = try await HranaHouse { _, limits in limits.resultBytes = 200_000 }
        let slow = try house.cursor(Self.batch(Self.numbers(10_000)), .init(timeout: 300))
        await slow.part()
        try await Task.sleep(for: .milliseconds(500))
        await slow.rest()
        #expect(slow.entries.last?["type"].string == "step_end")
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
        let large = try house.cursor(Self.batch("SELECT zeroblob(300000)", "SELECT 2", endless), .init(timeout: 300))
        await large.rest()
        let errors = large.entries.filter { $0["type"].string == "step_error" }.map { $0["error"]["code"].string }
        #expect(errors == ["RESPONSE_TOO_LARGE", "DEADLINE_EXCEEDED"], "\(large.text)")
        try house.stop()
    }

    @Test func `many cursors at once, each read slowly, get all their rows`() async throws {
        let house = try await HranaHouse()
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let cursor = try house.cursor(Self.batch(Self.numbers(3_000)))
                    while !cursor.isDone {
                        await cursor.part()
                        await Task.yield()
                    }
                    return cursor.entries.filter { $0["type"].string == "row" }.count
                }
                group.addTask {
                    for _ in 0..<20 { _ = await house.execute("INSERT INTO t(v) VALUES (1)") }
                    return 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 60_000)
        #expect(await house.execute("SELECT count(*) FROM t").value == "400")
        try house.stop()
    }
}
