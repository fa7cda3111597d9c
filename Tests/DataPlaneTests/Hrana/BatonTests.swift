import Access
import DataPlane
import Tenants
import Testing
import Vocabulary

/// What a baton is worth, and to whom.
@Suite struct BatonTests {
    @Test func `each answer has a new baton, and each is good once`() async throws {
        let house = try await HranaHouse()
        let first = await house.execute("CREATE TEMP TABLE mine(x)")
        let second = await house.execute("INSERT INTO mine VALUES (1)", on: first.baton)
        #expect(second.status == 200 && second.baton != first.baton, "\(second.body)")
        let again = await house.execute("INSERT INTO mine VALUES (2)", on: first.baton)
        #expect(again.status == 400 && again.contentType == "text/plain" && again.body.contains("already used"))
        #expect(await house.execute("SELECT count(*) FROM mine", on: second.baton).value == "1")
        try house.stop()
    }

    @Test func `close ends the stream and what is open on it`() async throws {
        let house = try await HranaHouse()
        let open = await house.ask(nil, HranaHouse.execute("BEGIN"), HranaHouse.execute("INSERT INTO t(v) VALUES (1)"))
        let closed = await house.ask(open.baton, #"{"type":"close"}"#)
        #expect(closed.status == 200 && closed.json["baton"].isNull && !closed.json["baton"].isAbsent)
        let after = await house.execute("SELECT 1", on: open.baton)
        #expect(after.status == 400 && after.contentType == "text/plain" && after.body.contains("invalid"))
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        #expect(house.engine.streamCount == 1)
        try house.stop()
    }

    @Test func `a program that ends its stream leaves none behind`() async throws {
        let house = try await HranaHouse()
        let close = #"{"type":"close"}"#
        for _ in 0..<300 {
            let reply = await house.ask(nil, HranaHouse.execute("SELECT 1"), close)
            #expect(reply.status == 200)
        }
        _ = await house.ask(nil, HranaHouse.execute("BEGIN IMMEDIATE"), close)
        _ = await house.ask(nil, HranaHouse.execute("BEGIN"), HranaHouse.execute("INSERT INTO t(v) VALUES (1)"), close)
        #expect(house.engine.streamCount == 0)
        #expect(await house.execute("INSERT INTO t(v) VALUES (1)").json["results"][0]["type"].string == "ok")
        try house.stop()
    }

    @Test func `a forged or foreign baton is invalid and harms nobody`() async throws {
        let house = try await HranaHouse()
        try await house.create(TenantID(2000))
        let open = await house.ask(nil, HranaHouse.execute("BEGIN"), HranaHouse.execute("INSERT INTO t(v) VALUES (1)"))
        let baton = open.baton!
        var forged = Array(baton.utf8)
        forged[20] = forged[20] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let cases: [(String, HranaHouse.Caller)] = [
            ("", .init()), ("nonsense", .init()), (String(decoding: forged, as: UTF8.self), .init()),
            (baton + "AAAA", .init()), (String(baton.dropLast()), .init()), (baton, .init(tenant: TenantID(2000))),
            (baton, .init(principal: 8)),
        ]
        for (text, caller) in cases {
            let reply = await house.execute("COMMIT", on: text, as: caller)
            #expect(reply.status == 400 && reply.contentType == "text/plain", "\(text) \(reply.body)")
        }
        // A clean one could be opened again anywhere: it too is its owner's alone.
        let clean = await house.execute("SELECT 1")
        for caller in [HranaHouse.Caller(tenant: TenantID(2000)), HranaHouse.Caller(principal: 8)] {
            let reply = await house.execute("SELECT 1", on: clean.baton, as: caller)
            #expect(reply.status == 400 && reply.contentType == "text/plain", "\(reply.body)")
        }
        let commit = await house.execute("COMMIT", on: baton)
        #expect(commit.json["results"][0]["type"].string == "ok", "\(commit.body)")
        #expect(await house.execute("SELECT count(*) FROM t").value == "1")
        try house.stop()
    }

    @Test func `a clean stream opens again after a restart, one with state has expired`() async throws {
        let house = try await HranaHouse()
        let clean = await house.execute("INSERT INTO t(v) VALUES (1)")
        let open = await house.execute("BEGIN")
        let stored = await house.ask(nil, #"{"type":"store_sql","sql_id":1,"sql":"SELECT 1"}"#)
        try house.restart()
        let foreign = await house.execute("SELECT 1", on: clean.baton, as: .init(principal: 8))
        #expect(foreign.status == 400)
        #expect(await house.execute("SELECT count(*) FROM t", on: clean.baton).value == "1")
        for baton in [open.baton, stored.baton] {
            let reply = await house.execute("SELECT 1", on: baton)
            #expect(reply.status == 400, "\(reply.body)")
            #expect(reply.body.contains("STREAM_EXPIRED"))
            #expect(reply.contentType == "application/json")
        }
        try house.stop()
    }

    @Test func `an idle transaction is rolled back, and its baton says so`() async throws {
        let house = try await HranaHouse { settings, _ in settings.transactionIdle = 150_000_000 }
        let open = await house.ask(nil, HranaHouse.execute("BEGIN"), HranaHouse.execute("INSERT INTO t(v) VALUES (1)"))
        try await Task.sleep(for: .milliseconds(700))
        let reply = await house.execute("COMMIT", on: open.baton)
        #expect(reply.status == 400 && reply.contentType == "application/json")
        #expect(reply.json["code"].string == "STREAM_EXPIRED")
        #expect(reply.json["message"].string != nil)
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        try house.stop()
    }

    @Test func `an idle clean stream is forgotten and opens again, one with state is not`() async throws {
        let house = try await HranaHouse { settings, _ in settings.streamIdle = 150_000_000 }
        let clean = await house.execute("SELECT 1")
        let temporary = await house.execute("CREATE TEMP TABLE mine(x)")
        try await Task.sleep(for: .milliseconds(700))
        #expect(house.engine.streamCount == 0)
        #expect(await house.execute("SELECT 2", on: clean.baton).value == "2")
        #expect(await house.execute("SELECT 2", on: temporary.baton).json["code"].string == "STREAM_EXPIRED")
        try house.stop()
    }

    @Test func `two requests with one baton at once: one runs, the other is refused`() async throws {
        let house = try await HranaHouse()
        let slow =
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 2000000) SELECT count(*) FROM c"
        let open = await house.execute("CREATE TEMP TABLE mine(x)")
        async let one = house.execute(slow, on: open.baton)
        async let other = house.execute(slow, on: open.baton)
        let statuses = await [one.status, other.status].sorted()
        #expect(statuses == [200, 400])
        try house.stop()
    }

    @Test func `more streams in use than a tenant may have are refused, clean ones make room`() async throws {
        let house = try await HranaHouse { settings, _ in settings.streamsPerTenant = 3 }
        for _ in 0..<10 { #expect(await house.execute("SELECT 1").status == 200) }
        var open: [String?] = []
        for _ in 0..<3 { open.append(await house.execute("BEGIN").baton) }
        let refused = await house.execute("SELECT 1")
        #expect(refused.status == 429 && refused.json["code"].string == "TOO_MANY_STREAMS", "\(refused.body)")
        _ = await house.ask(open[0], HranaHouse.execute("COMMIT"), #"{"type":"close"}"#)
        #expect(await house.execute("SELECT 1").status == 200)
        try house.stop()
    }
}
