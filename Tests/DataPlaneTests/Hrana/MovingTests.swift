import DataPlane
import Tenants
import Testing
import Vocabulary

/// What programs that wait hear when their tenant leaves with another copy of itself.
@Suite(.timeLimit(.minutes(2))) struct MovingTests {
    private static let insert = HranaHouse.execute("INSERT INTO t(v) VALUES (1)")
    private static let select = HranaHouse.execute("SELECT count(*) FROM t")
    private static let batch =
        #"{"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT 1"}},{"stmt":{"sql":"SELEC"}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (1) RETURNING id"}}]}}"#

    /// Programs that write, each after steps that cannot have changed anything.
    private static let readers: [[String]] = [
        [select, insert],
        [
            #"{"type":"store_sql","sql_id":1,"sql":"INSERT INTO t(v) VALUES (1)"}"#,
            #"{"type":"execute","stmt":{"sql_id":1}}"#,
        ],
        [batch],
        [#"{"type":"sequence","sql":"SELECT 1; -- a comment\n INSERT INTO t(v) VALUES (1)"}"#],
        [#"{"type":"describe","sql":"SELECT 1"}"#, #"{"type":"get_autocommit"}"#, select, insert],
        [select, HranaHouse.execute("SELEC"), HranaHouse.execute("PRAGMA user_version = 7")],
        [select, HranaHouse.execute("BEGIN"), insert, HranaHouse.execute("COMMIT")],
        [HranaHouse.execute("PRAGMA foreign_keys"), HranaHouse.execute("CREATE TEMP TABLE x(y)")],
        [HranaHouse.execute("EXPLAIN SELECT 1"), HranaHouse.execute("PRAGMA optimize")],
        [select, HranaHouse.execute("PRAGMA foreign_keys = ON"), insert],
    ]

    private func sleep(_ nanoseconds: UInt64) async throws { try await Task.sleep(nanoseconds: nanoseconds) }

    private func freeze(_ house: HranaHouse, ends: Bool = false) async throws {
        _ = try await house.engine.freeze(
            HranaHouse.tenant, patience: ends ? 0 : 10_000_000_000, endingTransactions: ends, sleep: sleep)
    }

    private func untilWaiting(_ count: Int, _ house: HranaHouse) async throws {
        let end = ContinuousClock.now + .seconds(20)
        // The server's own works count too, for a moment.
        var looks = 0
        while looks < 3, .now < end {
            looks = house.engine.load.waitingWorks >= count ? looks + 1 : 0
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(looks == 3)
        // Behind them in the mailbox: when this has run they have, up to where they wait.
        #expect(await house.execute("SELECT 1").value == "1")
    }

    @Test func `programs that have only read are not run at all, and may be sent on`() async throws {
        let house = try await HranaHouse()
        // A stream that has a baton, too.
        let known = await house.execute("SELECT 1")
        try await freeze(house)
        try await withThrowingTaskGroup(of: Reply.self) { group in
            for program in Self.readers {
                group.addTask {
                    await house.pipeline("{\"baton\":null,\"requests\":[\(program.joined(separator: ","))]}")
                }
            }
            group.addTask { await house.ask(known.baton, Self.select, Self.insert) }
            group.addTask {
                let steps = #"{"stmt":{"sql":"SELECT 1"}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (1)"}}"#
                return await (try house.cursor(#"{"baton":null,"batch":{"steps":[\#(steps)]}}"#)).part()
            }
            try await untilWaiting(Self.readers.count + 2, house)
            try await house.engine.entomb(HranaHouse.tenant, upTo: .first)
            for try await reply in group {
                #expect(reply.status == 503 && reply.body.hasPrefix("MOVING"), "\(reply.status) \(reply.body)")
            }
        }
        try house.stop()
    }

    @Test func `where a step may have changed something nobody can tell`() async throws {
        let house = try await HranaHouse()
        let writer = await house.ask(nil, HranaHouse.execute("BEGIN IMMEDIATE"), Self.insert)
        let temp = await house.execute("CREATE TEMP TABLE note(x)")
        let reader = await house.ask(nil, HranaHouse.execute("SAVEPOINT s"), Self.select)
        try await withThrowingTaskGroup(of: Reply?.self) { group in
            group.addTask {
                await house.ask(temp.baton, HranaHouse.execute("INSERT INTO note VALUES (1)"), Self.insert)
            }
            group.addTask { await house.ask(reader.baton, HranaHouse.execute("RELEASE s"), Self.insert) }
            try await untilWaiting(2, house)
            group.addTask {
                try await freeze(house)
                return nil
            }
            try await Task.sleep(for: .milliseconds(100))
            // What is inside a transaction may go on, what comes after it waits.
            group.addTask { await house.ask(writer.baton, Self.insert, HranaHouse.execute("COMMIT"), Self.insert) }
            _ = try await group.next()
            try await untilWaiting(3, house)
            try await house.engine.entomb(HranaHouse.tenant, upTo: .first)
            for try await reply in group {
                #expect(reply?.status == 504 && reply?.body.contains("OUTCOME_UNKNOWN") == true, "\(reply?.body ?? "")")
            }
        }
        try house.stop()
    }

    @Test func `a program that only read is run whole when the tenant stays`() async throws {
        let house = try await HranaHouse()
        try await freeze(house)
        async let waiting = house.pipeline(
            "{\"baton\":null,\"requests\":[\(Self.select),\(Self.insert),\(Self.select)]}")
        try await untilWaiting(1, house)
        try await house.engine.thaw(HranaHouse.tenant)
        let reply = await waiting
        #expect(
            reply.json["results"].count == 3 && reply.result(2)["rows"][0][0]["value"].string == "1", "\(reply.body)")
        try house.stop()
    }

    @Test func `a frozen tenant's analysis waits as a write does`() async throws {
        let house = try await HranaHouse(schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX i ON t(v)")
        _ = await house.execute("INSERT INTO t(v) VALUES (1), (2), (2)")
        _ = await house.execute("ANALYZE")
        let values = (0..<100).map { "(\($0))" }.joined(separator: ",")
        _ = await house.execute("INSERT INTO t(v) VALUES \(values)")
        try await freeze(house)
        async let waiting = house.ask(
            nil, HranaHouse.execute("SELECT 1 FROM t WHERE v = 2"), HranaHouse.execute("PRAGMA optimize(-1)"))
        async let other = house.ask(nil, HranaHouse.execute("PRAGMA optimize"))
        try await untilWaiting(2, house)
        try await house.engine.thaw(HranaHouse.tenant)
        let (first, second) = await (waiting, other)
        #expect(first.code(1) == nil && second.code() == nil, "\(first.body) \(second.body)")
        try house.stop()
    }

    // MARK: Reads that hold on

    private func parkReads(_ house: HranaHouse, patience: UInt64, ends: Bool = false) async throws {
        try await house.engine.parkReads(HranaHouse.tenant, patience: patience, endingReads: ends, sleep: sleep)
    }

    /// A result of some parts.
    private func numbers(_ house: HranaHouse) throws -> SlowReader {
        let sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 500) SELECT x FROM c"
        return try house.cursor(#"{"baton":null,"batch":{"steps":[{"stmt":{"sql":\#(HranaHouse.quoted(sql))}}]}}"#)
    }

    private static func smallParts(_ settings: inout EngineSettings, _ limits: inout ExecutionLimits) {
        limits.partBytes = 4096
        limits.statementTime = 300_000_000_000
        settings.cursorIdle = 300_000_000_000
    }

    @Test(arguments: [4, 0]) func `a statement that runs on keeps nobody out`(readers: Int) async throws {
        let house = try await HranaHouse { settings, limits in
            settings.readersPerTenant = readers
            limits.statementTime = 300_000_000_000
        }
        try await freeze(house)
        let slow = try house.beginEndless()
        await #expect(throws: FreezeFailure.stillInUse) { try await parkReads(house, patience: 200_000_000) }
        async let other = house.execute("SELECT 7")
        try await Task.sleep(for: .milliseconds(50))
        slow.leave()
        #expect(await other.value == "7")
        // Now it can be done.
        try await parkReads(house, patience: 60_000_000_000)
        #expect(await house.execute("SELECT 7").status == 503)
        try house.stop()
    }

    @Test func `others are let in while a slow read is waited for`() async throws {
        let house = try await HranaHouse { _, limits in limits.statementTime = 300_000_000_000 }
        try await freeze(house)
        let slow = try house.beginEndless()
        #expect(await house.execute("SELECT 7").value == "7")
        async let parked: Void = parkReads(house, patience: 300_000_000_000)
        try await Task.sleep(for: .milliseconds(200))
        #expect(await house.execute("SELECT 7").value == "7")
        slow.leave()
        try await parked
        #expect(await house.execute("SELECT 7").status == 503)
        try house.stop()
    }

    @Test func `others are let in by a slow read that a freeze waits for`() async throws {
        let house = try await HranaHouse { settings, limits in
            settings.readerPatience = 100_000_000
            limits.statementTime = 300_000_000_000
        }
        let writer = await house.ask(nil, HranaHouse.execute("BEGIN IMMEDIATE"), Self.insert)
        async let frozen = house.engine.freeze(
            HranaHouse.tenant, patience: 300_000_000_000, endingTransactions: false, sleep: sleep)
        try await Task.sleep(for: .milliseconds(100))
        let slow = try house.beginEndless()
        #expect(await house.execute("SELECT 7").value == "7")
        _ = await house.ask(writer.baton, HranaHouse.execute("COMMIT"))
        slow.leave()
        #expect(try await frozen.txid == TxID(1))
        try house.stop()
    }

    @Test func `a slow read is ended if so asked`() async throws {
        let house = try await HranaHouse { _, limits in limits.statementTime = 300_000_000_000 }
        try await freeze(house)
        let slow = try house.beginEndless()
        #expect(await house.execute("SELECT 7").value == "7")
        try await parkReads(house, patience: 100_000_000, ends: true)
        #expect(await slow.reply.code() == "TRANSACTION_BUSY")
        #expect(await house.execute("SELECT 7").status == 503)
        try house.stop()
    }

    @Test func `a half-read result is read to its end while nothing new is let in`() async throws {
        let house = try await HranaHouse(Self.smallParts)
        try await freeze(house)
        let cursor = try numbers(house)
        await cursor.part()
        #expect(!cursor.isDone)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await parkReads(house, patience: 300_000_000_000) }
            while await house.execute("SELECT 1").status == 200 { try await Task.sleep(for: .milliseconds(5)) }
            await cursor.rest()
            try await group.waitForAll()
        }
        #expect(cursor.entries.count { $0["type"].string == "row" } == 500)
        #expect(cursor.entries.last?["type"].string == "step_end", "\(cursor.entries.last!)")
        #expect(await house.execute("SELECT 1").status == 503)
        try house.stop()
    }

    @Test func `a result that nobody reads on postpones, or is cut off if so asked`() async throws {
        let house = try await HranaHouse(Self.smallParts)
        try await freeze(house)
        let slow = try numbers(house)
        await slow.part()
        await #expect(throws: FreezeFailure.stillInUse) { try await parkReads(house, patience: 100_000_000) }
        #expect(await house.execute("SELECT 7").value == "7")
        await slow.rest()
        #expect(slow.entries.last?["type"].string == "step_end")
        let cut = try numbers(house)
        await cut.part()
        try await parkReads(house, patience: 100_000_000, ends: true)
        await cut.rest()
        #expect(cut.entries.last?["type"].string == "error", "\(cut.entries.last!)")
        try await house.engine.thaw(HranaHouse.tenant)
        // Nothing of it holds on.
        try await freeze(house)
        try house.stop()
    }
}
