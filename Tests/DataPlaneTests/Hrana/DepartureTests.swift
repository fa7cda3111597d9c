import NIOCore
import Synchronization
import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// Clients that leave while their program runs or waits.
@Suite(.timeLimit(.minutes(2))) struct DepartureTests {
    enum Way: CaseIterable { case close, reset }

    private static let endless =
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000000000) SELECT count(*) FROM c"
    private static let endlessWrite =
        "INSERT INTO t(v) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c WHERE i < 0"
    private static let path = "POST /t/acme/v3/pipeline HTTP/1.1\r\nHost: localhost\r\n"

    private static func request(_ statements: String..., timeout: Int = 300_000) -> String {
        let requests = statements.map(HranaHouse.execute).joined(separator: ",")
        let body = "{\"baton\":null,\"requests\":[\(requests),{\"type\":\"close\"}]}"
        return path + "Rowhouse-Timeout: \(timeout)\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    private func open(
        _ adjust: @escaping (inout EngineSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (HranaDoor) async throws -> Void
    ) async throws {
        let house = try await HranaHouse { settings, limits in
            // A test that hangs is to hang for long.
            limits.statementTime = 300_000_000_000
            settings.transactionIdle = 300_000_000_000
            adjust(&settings)
        }
        try await HranaDoor.open(
            house: house, limits: .quick.with { $0.departure = .milliseconds(100) }, { _ in }, body)
    }

    private func leave(_ client: Client, _ way: Way) async throws {
        switch way {
        case .close: try await client.close()
        case .reset: try await client.reset()
        }
    }

    /// The answer's first value; the client waits for it at most as long as the test.
    private func ask(_ door: HranaDoor, _ statements: String) async throws -> JSON {
        let answer = try await door.ask(Self.request(statements))
        #expect(answer.status == 200, "\(answer.body)")
        return JSON(answer.body)["results"][0]
    }

    private func count(_ door: HranaDoor) async throws -> String? {
        try await ask(door, "SELECT count(*) FROM t")["response"]["result"]["rows"][0][0]["value"].string
    }

    @Test(arguments: Way.allCases, [endless, endlessWrite])
    func `the statement of a client that leaves ends, and the tenant answers others`(_ way: Way, _ sql: String)
        async throws
    {
        try await open { door in
            let client = try await door.door.connect()
            try await client.send(Self.request(sql))
            try await Task.sleep(for: .milliseconds(100))
            try await leave(client, way)
            // Waits in line behind the endless one, for as long as that runs.
            #expect(try await ask(door, "INSERT INTO t(v) VALUES (1)")["type"].string == "ok")
            #expect(try await count(door) == "1")
        }
    }

    @Test func `what had committed stays, what was to come does not run`() async throws {
        try await open { door in
            let client = try await door.door.connect()
            try await client.send(
                Self.request("INSERT INTO t(v) VALUES (1)", Self.endlessWrite, "INSERT INTO t(v) VALUES (2)"))
            try await Task.sleep(for: .milliseconds(100))
            try await client.close()
            #expect(try await count(door) == "1")
        }
    }

    @Test func `an open transaction ends with its client`() async throws {
        try await open { door in
            let client = try await door.door.connect()
            try await client.send(Self.request("BEGIN IMMEDIATE", "INSERT INTO t(v) VALUES (1)", Self.endless))
            try await Task.sleep(for: .milliseconds(100))
            try await client.close()
            #expect(try await ask(door, "INSERT INTO t(v) VALUES (2)")["type"].string == "ok")
            #expect(try await count(door) == "1")
        }
    }

    @Test func `a cursor's statement ends too`() async throws {
        try await open { door in
            let client = try await door.door.connect()
            let body = HranaDoor.cursor(Self.endlessWrite)
            try await client.send(
                "POST /t/acme/v3/cursor HTTP/1.1\r\nHost: localhost\r\nRowhouse-Timeout: 300000\r\nContent-Length: "
                    + "\(body.utf8.count)\r\n\r\n\(body)")
            try await Task.sleep(for: .milliseconds(100))
            try await client.close()
            #expect(try await ask(door, "INSERT INTO t(v) VALUES (2)")["type"].string == "ok")
        }
    }

    @Test func `a place in line is free again, and what waited there never runs`() async throws {
        try await open({ $0.tenantQueue = 2 }) { door in
            let holder = try await door.door.connect()
            try await holder.send(Self.request(Self.endlessWrite))
            try await Task.sleep(for: .milliseconds(100))
            var waiting: [Client] = []
            for _ in 0..<2 {
                let client = try await door.door.connect()
                try await client.send(Self.request("INSERT INTO t(v) VALUES (7)"))
                waiting.append(client)
            }
            try await until { door.house.engine.load.waitingWorks == 2 }
            #expect(try await door.ask(Self.request("SELECT 1")).status == 503, "the line is full")
            for client in waiting { try await client.reset() }
            try await until { door.house.engine.load.waitingWorks == 0 }
            let last = try await door.door.connect()
            try await last.send(Self.request("SELECT count(*) FROM t"))
            try await Task.sleep(for: .milliseconds(50))
            try await holder.reset()
            let answer = try await last.answer()
            #expect(answer.status == 200, "\(answer.body)")
            #expect(JSON(answer.body)["results"][0]["response"]["result"]["rows"][0][0]["value"].string == "0")
            #expect(door.house.engine.load.waitingWorks == 0)
            try await last.close()
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(.now < end, "it never came about")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func `who waits for another's transaction and leaves is forgotten`() async throws {
        try await open { door in
            let holder = await door.house.execute("BEGIN IMMEDIATE")
            let client = try await door.door.connect()
            try await client.send(Self.request("INSERT INTO t(v) VALUES (7)"))
            try await Task.sleep(for: .milliseconds(100))
            try await client.reset()
            let end = ContinuousClock.now + .seconds(20)
            while door.house.engine.load.waitingWorks > 0, .now < end { try await Task.sleep(for: .milliseconds(10)) }
            #expect(door.house.engine.load.waitingWorks == 0)
            _ = await door.house.execute("COMMIT", on: holder.baton)
            #expect(try await count(door) == "0")
        }
    }

    @Test func `a client that has only sent its end is given a moment`() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let facts = HeadFacts(keepAlive: true, isHead: false, isOld: false)
        var machine = ConnectionMachine(limits: DoorLimits(), now: start)
        _ = machine.begin(.dataPlane(), facts, now: start)
        _ = machine.end(now: start)
        machine.inputEnded(now: start + .seconds(5))
        #expect(machine.overdue(now: start + .milliseconds(5_900), headSince: nil) == nil)
        #expect(machine.overdue(now: start + .milliseconds(6_100), headSince: nil) == .cut)
        // The next of those that it had sent ahead has as long again.
        _ = machine.answered(now: start + .milliseconds(5_900))
        _ = machine.begin(.dataPlane(), facts, now: start + .milliseconds(5_900))
        _ = machine.end(now: start + .milliseconds(5_900))
        #expect(machine.overdue(now: start + .milliseconds(6_800), headSince: nil) == nil)
        #expect(machine.overdue(now: start + .milliseconds(7_000), headSince: nil) == .cut)
    }
}
