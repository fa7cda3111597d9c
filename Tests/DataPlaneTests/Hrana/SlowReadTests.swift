import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// Slow reads of clients beside the other requests of their tenant.
@Suite(.timeLimit(.minutes(2))) struct SlowReadTests {
    private static func numbers(_ last: Int) -> String {
        "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < \(last)) SELECT i FROM c)"
    }

    /// Rows that take a few milliseconds each.
    private static func slowRows(_ count: Int, padding: Int = 0) -> String {
        """
        SELECT n.i, (SELECT max(m.i) FROM \(numbers(3_000)) m WHERE m.i <> n.i), hex(zeroblob(\(padding))),
          (SELECT count(*) FROM t) FROM \(numbers(count)) n
        """
    }

    private func until(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(.now < end, "it never came about")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func insert(_ house: HranaHouse, times: Int) async {
        for n in 0..<times {
            let reply = await house.execute("INSERT INTO t(v) VALUES (\(n))")
            #expect(reply.code() == nil, "\(reply.body)")
        }
    }

    @Test func `a program goes on after its slow read with what the others have written`() async throws {
        let house = try await HranaHouse()
        async let slow = house.ask(
            nil, HranaHouse.execute(Self.slowRows(60)), HranaHouse.execute("SELECT count(*) FROM t"),
            HranaHouse.execute("INSERT INTO t(v) VALUES ('last')"), HranaHouse.execute("SELECT count(*) FROM t"))
        try await until { house.engine.load.readersAside == 1 }
        await insert(house, times: 5)
        #expect(house.engine.load.readersAside == 1, "the writes waited for the read")
        let reply = await slow
        #expect(reply.result(0)["rows"].count == 60)
        #expect(reply.result(0)["rows"].array.allSatisfy { $0[3]["value"].string == "0" }, "not one snapshot")
        #expect(reply.result(1)["rows"][0][0]["value"].string == "5")
        #expect(reply.result(3)["rows"][0][0]["value"].string == "6")
        // The stream goes on as if nothing had been.
        #expect(await house.execute("SELECT count(*) FROM t", on: reply.baton).value == "6")
        try house.stop()
    }

    @Test(arguments: ["BEGIN READONLY", "BEGIN"])
    func `a transaction that reads does so aside, from one snapshot`(_ begin: String) async throws {
        let house = try await HranaHouse()
        let first = await house.ask(
            nil, HranaHouse.execute(begin), HranaHouse.execute("SELECT count(*) FROM t"))
        async let slow = house.execute(Self.slowRows(60), on: first.baton)
        try await until { house.engine.load.readersAside == 1 }
        await insert(house, times: 5)
        let reply = await slow
        #expect(reply.result(0)["rows"].array.allSatisfy { $0[3]["value"].string == "0" })
        let last = await house.ask(
            reply.baton, HranaHouse.execute("SELECT count(*) FROM t"), HranaHouse.execute("COMMIT"),
            HranaHouse.execute("SELECT count(*) FROM t"))
        #expect(last.value == "0")
        #expect(last.result(2)["rows"][0][0]["value"].string == "5")
        try house.stop()
    }

    /// In one part, and in several, between which the statement stands still.
    @Test(arguments: [0, 4_000]) func `a cursor's rows are read aside`(_ padding: Int) async throws {
        let house = try await HranaHouse()
        let reader = try house.cursor(HranaDoor.cursor(Self.slowRows(60, padding: padding)))
        async let rest: Void = reader.rest()
        try await until { house.engine.load.readersAside == 1 }
        await insert(house, times: 5)
        await rest
        let rows = reader.entries.filter { $0["type"].string == "row" }
        #expect(rows.count == 60)
        // One that had to be begun anew saw what was there then, but all of it from one snapshot.
        #expect(Set(rows.compactMap { $0["row"][3]["value"].string }).count == 1)
        #expect(reader.entries.last?["type"].string == "step_end")
        #expect(house.engine.load.readersAside == 0)
        try house.stop()
    }
}
