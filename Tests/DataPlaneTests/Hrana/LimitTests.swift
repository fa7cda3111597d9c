import DataPlane
import Hrana
import Synchronization
import Tenants
import Testing
import Vocabulary

/// What the answers of one program may weigh.
@Suite struct LimitTests {
    private static let many =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 10000) SELECT x, 'abcdefghij' FROM c"

    @Test func `a result that is too large is an error, and the next requests still answer`() async throws {
        let house = try await HranaHouse { _, limits in limits.resultBytes = 100_000 }
        let reply = await house.ask(
            nil, HranaHouse.execute("SELECT 1"), HranaHouse.execute(Self.many), HranaHouse.execute("SELECT 2"))
        #expect(reply.status == 200 && reply.body.utf8.count < 10_000)
        #expect(reply.code(1) == "RESPONSE_TOO_LARGE")
        #expect(reply.result(2)["rows"][0][0]["value"].string == "2")
        try house.stop()
    }

    @Test func `the limit is the response's: results add up`() async throws {
        let house = try await HranaHouse { _, limits in limits.resultBytes = 100_000 }
        let part = Self.many.replacing("10000", with: "1000")
        let batch = (0..<4).map { _ in #"{"stmt":{"sql":"\#(part)"}}"# }.joined(separator: ",")
        let reply = await house.ask(nil, #"{"type":"batch","batch":{"steps":[\#(batch)]}}"#)
        let errors = reply.result()["step_errors"].array
        #expect(errors.first?.isNull == true && errors.last?["code"].string == "RESPONSE_TOO_LARGE", "\(errors)")
        #expect(reply.body.utf8.count < 110_000)
        try house.stop()
    }

    @Test func `one value that is too large is not even copied`() async throws {
        let house = try await HranaHouse { _, limits in limits.resultBytes = 100_000 }
        for sql in ["SELECT zeroblob(200000)", "SELECT printf('%200000s', 'x')"] {
            #expect(await house.execute(sql).code() == "RESPONSE_TOO_LARGE")
        }
        try house.stop()
    }

    @Test func `what a statement did is undone when its rows are too many to tell`() async throws {
        let house = try await HranaHouse { _, limits in limits.resultBytes = 50_000 }
        let insert =
            "INSERT INTO t(v) \(Self.many.replacing("SELECT x, 'abcdefghij' FROM c", with: "SELECT x FROM c")) RETURNING *"
        let reply = await house.execute(insert)
        #expect(reply.code() == "RESPONSE_TOO_LARGE", "\(reply.body.prefix(300))")
        #expect(await house.execute("SELECT count(*) FROM t", on: reply.baton).value == "0")
        try house.stop()
    }

    @Test func `a database that reaches its size says so, and goes on with what gives room back`() async throws {
        let house = try await HranaHouse { settings, _ in settings.databasePages = 256 }
        #expect(await house.execute("INSERT INTO t(v) VALUES (zeroblob(900000))").code() == nil)
        // Far from the bound in what is committed, and beyond it with this.
        for _ in 0..<2 {
            let reply = await house.execute("INSERT INTO t(v) VALUES (zeroblob(900000))")
            #expect(reply.code() == "QUOTA_EXCEEDED", "\(reply.body)")
        }
        let first = await house.version1(execute: #"{"stmt":{"sql":"INSERT INTO t(v) VALUES (zeroblob(900000))"}}"#)
        #expect(first.status == 507)
        #expect(await house.execute("DELETE FROM t").code() == nil)
        #expect(await house.execute("INSERT INTO t(v) VALUES (zeroblob(900000))").code() == nil)
        try house.stop()
    }

    @Test func `one transaction may go all the way from nothing to the bound`() async throws {
        let house = try await HranaHouse { settings, _ in settings.databasePages = 1_200 }
        let rows = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 6000) SELECT"
        for insert in ["\(rows) zeroblob(1000) FROM c", "VALUES (zeroblob(6000000))"] {
            let reply = await house.execute("INSERT INTO t(v) \(insert)")
            #expect(reply.code() == "QUOTA_EXCEEDED", "\(reply.body)")
        }
        try house.stop()
    }

    @Test(arguments: [64, 100_000]) func `a table that has no more numbers to give is not a full database`(
        pages: UInt32
    )
        async throws
    {
        let house = try await HranaHouse { settings, _ in settings.databasePages = pages }
        let fill = "INSERT INTO n VALUES (9223372036854775807)"
        #expect(await house.execute("CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT)").code() == nil)
        #expect(await house.execute(fill).code() == nil)
        let reply = await house.execute("INSERT INTO n DEFAULT VALUES")
        #expect(reply.code() == "SQLITE_FULL", "\(reply.body)")
        #expect(await house.execute("DROP TABLE n").code() == nil)
        if pages < 1_000 {
            let full = await house.execute("INSERT INTO t(v) VALUES (zeroblob(900000))")
            #expect(full.code() == "QUOTA_EXCEEDED", "\(full.body)")
        }
        try house.stop()
    }

    @Test func `a text of nothing but semicolons is over at once, and keeps nobody waiting`() async throws {
        let house = try await HranaHouse()
        let text =
            String(repeating: ";", count: 1_000_000) + "INSERT INTO t(v) VALUES (1)"
            + String(repeating: ";", count: 1000)
        let clock = ContinuousClock()
        let began = clock.now
        let reply = await house.ask(
            nil, #"{"type":"sequence","sql":"\#(text)"}"#, HranaHouse.execute("SELECT count(*) FROM t"))
        #expect(reply.result(1)["rows"][0][0]["value"].string == "1", "\(reply.body.prefix(300))")
        #expect(clock.now - began < .seconds(10))
        try house.stop()
    }

    @Test func `a work is used again, and nothing of the last program is left in it`() async throws {
        let house = try await HranaHouse()
        let work = PipelineWork(house.call(.init()), house.context)
        for number in 0..<50 {
            let requests: [StreamRequest] = [
                .execute(Statement(.text("SELECT \(number)"))),
                number % 2 == 0 ? .close : .execute(Statement(.text("SELEC"))),
            ]
            let client = Once()
            await withCheckedContinuation { continuation in
                client.expect(continuation)
                work.prepare(house.call(.init()), form: .pipeline, requests: requests, for: client)
                house.engine.submit(work, to: HranaHouse.tenant)
            }
            let text = client.text
            #expect(JSON(text)["results"][0]["response"]["result"]["rows"][0][0]["value"].string == "\(number)")
            #expect(JSON(text)["baton"].isNull == (number % 2 == 0))
        }
        try house.stop()
    }
}

private final class Once: PipelineClient {
    private struct State {
        var waiter: CheckedContinuation<Void, Never>?
        var text = ""
    }

    let isGone = false
    // The lock also hands the work over: the thread sanitizer does not see that a continuation does.
    private let state = Mutex(State())

    var text: String { state.withLock { $0.text } }
    func expect(_ waiter: CheckedContinuation<Void, Never>) { state.withLock { $0.waiter = waiter } }
    func answered(_ work: PipelineWork) { finish(String(decoding: work.writer.bytes.bytes, as: UTF8.self)) }
    func notRun(_ work: PipelineWork, _ error: TenantsError) { finish("\(error)") }

    private func finish(_ text: String) {
        let waiter = state.withLock { state in
            state.text = text
            return state.waiter
        }
        waiter?.resume()
    }
}
