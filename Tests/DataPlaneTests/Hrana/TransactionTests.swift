import DataPlane
import Tenants
import Testing
import Vocabulary

/// Interactive transactions of several callers on one tenant.
@Suite struct TransactionTests {
    private static let begin = HranaHouse.execute("BEGIN IMMEDIATE")
    private static let five = HranaHouse.execute("SELECT 5")
    private static let commit = HranaHouse.execute("COMMIT")

    private func insert(_ value: Int) -> String { HranaHouse.execute("INSERT INTO t(v) VALUES (\(value))") }

    @Test func `nobody reads what another has not committed`() async throws {
        let house = try await HranaHouse()
        let writer = await house.ask(nil, Self.begin, insert(1))
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        #expect(await house.execute("SELECT count(*) FROM t", on: writer.baton).value == "1")
        try house.stop()
    }

    @Test func `temp tables, settings and counters do not leak between callers`() async throws {
        let house = try await HranaHouse()
        let one = await house.ask(
            nil, HranaHouse.execute("CREATE TEMP TABLE secret(x)"), HranaHouse.execute("PRAGMA foreign_keys = ON"),
            insert(1))
        let other = await house.ask(
            nil, HranaHouse.execute("SELECT * FROM secret"), HranaHouse.execute("PRAGMA foreign_keys"),
            HranaHouse.execute("SELECT last_insert_rowid(), changes(), total_changes()"))
        #expect(other.code() == "SQLITE_UNKNOWN")
        #expect(other.result(1)["rows"][0][0]["value"].string == "0")
        #expect(other.result(2)["rows"][0].array.map { $0["value"].string } == ["0", "0", "0"])
        let mine = await house.ask(
            one.baton, HranaHouse.execute("SELECT last_insert_rowid()"), HranaHouse.execute("PRAGMA foreign_keys"))
        #expect(mine.result()["rows"][0][0]["value"].string == "1")
        #expect(mine.result(1)["rows"][0][0]["value"].string == "1")
        try house.stop()
    }

    @Test func `a writer waits for another's transaction and then goes on where it was`() async throws {
        let house = try await HranaHouse()
        let holder = await house.ask(nil, Self.begin, insert(1))
        let script =
            #"{"type":"sequence","sql":"SELECT 1; INSERT INTO t(v) VALUES (30); INSERT INTO t(v) VALUES (31)"}"#
        let batch =
            #"{"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT 1"}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (20)"}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (21)"}}]}}"#
        async let first = house.ask(nil, HranaHouse.execute("SELECT 5"), insert(10), insert(11))
        async let second = house.ask(nil, batch)
        async let third = house.ask(nil, script)
        try await house.untilWaiting(3)
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        #expect(await house.ask(holder.baton, Self.commit).status == 200)
        let (one, two, three) = await (first, second, third)
        #expect(one.result(1)["affected_row_count"].int == 1 && one.json["results"].count == 3, "\(one.body)")
        #expect(two.result()["step_errors"].array.allSatisfy { $0.isNull }, "\(two.body)")
        #expect(two.result()["step_results"].count == 3)
        #expect(three.json["results"][0]["type"].string == "ok", "\(three.body)")
        #expect(
            await house.execute("SELECT group_concat(v) FROM (SELECT v FROM t ORDER BY v)").value
                == "1,10,11,20,21,30,31")
        try house.stop()
    }

    @Test func `what ran before the wait does not run again`() async throws {
        let house = try await HranaHouse()
        let note = "INSERT INTO note VALUES (1)"
        let programs = [
            [HranaHouse.execute(note), insert(2)],
            [#"{"type":"sequence","sql":"\#(note); INSERT INTO t(v) VALUES (2)"}"#],
            [
                #"{"type":"batch","batch":{"steps":[{"stmt":{"sql":"\#(note)"}},{"stmt":{"sql":"INSERT INTO t(v) VALUES (2)"}}]}}"#
            ],
        ]
        for program in programs {
            let open = await house.execute("CREATE TEMP TABLE note(x)")
            let holder = await house.ask(nil, Self.begin, insert(1))
            async let waiting = house.pipeline(
                "{\"baton\":\"\(open.baton!)\",\"requests\":[\(program.joined(separator: ","))]}")
            try await house.untilWaiting(1)
            _ = await house.ask(holder.baton, Self.commit)
            let count = await house.execute("SELECT count(*) FROM note", on: await waiting.baton)
            #expect(count.value == "1", "\(program)")
        }
        #expect(await house.execute("SELECT count(*) FROM t").value == "6")
        try house.stop()
    }

    @Test func `waiting writers have their turn in the order in which they came`() async throws {
        let house = try await HranaHouse()
        let holder = await house.ask(nil, Self.begin, insert(0))
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
            for value in 1...8 {
                group.addTask { await house.ask(nil, insert(value)) }
                try await house.untilWaiting(value)
            }
            group.addTask { await house.ask(holder.baton, Self.commit) }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.allSatisfy { $0.json["results"][0]["type"].string == "ok" })
        #expect(
            await house.execute("SELECT group_concat(v) FROM (SELECT v FROM t ORDER BY id)").value
                == "0,1,2,3,4,5,6,7,8")
        try house.stop()
    }

    @Test func `a transaction that others wait for too long is rolled back and told so`() async throws {
        let house = try await HranaHouse { settings, _ in settings.transactionWait = 200_000_000 }
        let holder = await house.ask(nil, Self.begin, insert(1))
        let waiting = await house.ask(nil, insert(2))
        #expect(waiting.json["results"][0]["type"].string == "ok", "\(waiting.body)")
        let told = await house.ask(holder.baton, insert(3), HranaHouse.execute("SELECT 1"), Self.commit, insert(4))
        #expect((0...2).map { told.code($0) } == Array(repeating: "TRANSACTION_TIMEOUT", count: 3), "\(told.body)")
        #expect(told.json["results"][3]["type"].string == "ok")
        #expect(await house.execute("SELECT group_concat(v) FROM t").value == "2,4")
        try house.stop()
    }

    @Test func `a transaction that nobody waits for may take its time`() async throws {
        let house = try await HranaHouse { settings, _ in settings.transactionWait = 50_000_000 }
        let holder = await house.ask(nil, Self.begin, insert(1))
        try await Task.sleep(for: .milliseconds(400))
        let commit = await house.ask(holder.baton, Self.commit)
        #expect(commit.json["results"][0]["type"].string == "ok", "\(commit.body)")
        try house.stop()
    }

    @Test func `a writer does not wait beyond its deadline, and what came before stays`() async throws {
        let house = try await HranaHouse()
        let holder = await house.ask(nil, Self.begin, insert(1))
        let waiting = await house.ask(
            nil, HranaHouse.execute("SELECT 5"), insert(2), as: .init(timeout: 1_500))
        #expect(waiting.status == 200)
        #expect(waiting.result()["rows"].count == 1)
        #expect(waiting.code(1) == "DEADLINE_EXCEEDED", "\(waiting.body)")
        #expect(await house.ask(holder.baton, Self.commit).json["results"][0]["type"].string == "ok")
        #expect(await house.execute("SELECT group_concat(v) FROM t").value == "1")
        try house.stop()
    }

    @Test func `where too many wait already, the next is told at once and loses nothing`() async throws {
        let house = try await HranaHouse { settings, _ in settings.tenantQueue = 4 }
        let holder = await house.ask(nil, Self.begin, insert(0))
        let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
            for value in 1...4 {
                group.addTask { await house.ask(nil, Self.five, insert(value)) }
                try await house.untilWaiting(value)
            }
            var replies: [Reply] = []
            for value in 5...8 { replies.append(await house.ask(nil, Self.five, insert(value))) }
            group.addTask { await house.ask(holder.baton, Self.commit) }
            return try await group.reduce(into: replies) { $0.append($1) }
        }
        let refused = replies.filter { $0.code(1) == "TRANSACTION_BUSY" }
        #expect(refused.count == 4, "\(replies.map(\.body))")
        #expect(refused.allSatisfy { $0.status == 200 && $0.result()["rows"].count == 1 && $0.baton != nil })
        #expect(await house.execute("SELECT count(*) FROM t").value == "5")
        try house.stop()
    }

    @Test func `a reader whose snapshot has grown old cannot become a writer`() async throws {
        let house = try await HranaHouse()
        let reader = await house.ask(nil, HranaHouse.execute("BEGIN"), HranaHouse.execute("SELECT * FROM t"))
        #expect(await house.ask(nil, insert(1)).status == 200)
        let reply = await house.ask(reader.baton, insert(2), HranaHouse.execute("ROLLBACK"), insert(3))
        #expect(reply.code() == "SQLITE_BUSY")
        #expect(reply.json["results"][2]["type"].string == "ok")
        try house.stop()
    }

    @Test func `a waiting program that the stop of the node ends was not executed, or nobody knows`() async throws {
        let house = try await HranaHouse()
        _ = await house.ask(nil, Self.begin, insert(1))
        async let fresh = house.ask(nil, insert(2))
        async let reading = house.ask(nil, HranaHouse.execute("SELECT 1"), insert(3))
        async let begun = house.ask(nil, HranaHouse.execute("CREATE TEMP TABLE note(x)"), insert(4))
        try await house.untilWaiting(3)
        try house.stop()
        let (one, also, two) = await (fresh, reading, begun)
        #expect(one.status == 503, "\(one.body)")
        #expect(also.status == 503, "\(also.body)")
        #expect(two.status == 504 && two.json["code"].string == "OUTCOME_UNKNOWN", "\(two.body)")
    }
}

extension HranaHouse {
    struct Impatience: Error {}

    /// Returns when so many programs wait for their turn, and have been waiting for a moment.
    fileprivate func untilWaiting(_ count: Int) async throws {
        var seen = 0
        for _ in 0..<10_000 {
            seen = engine.load.waitingWorks == count ? seen + 1 : 0
            if seen > 5 { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw Impatience()
    }
}
