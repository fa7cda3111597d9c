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
        while house.engine.load.waitingWorks < count, .now < end { try await Task.sleep(for: .milliseconds(5)) }
        #expect(house.engine.load.waitingWorks == count)
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
}
