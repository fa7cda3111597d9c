import CSQLite
import SQLiteKit
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// Slow reads beside everything else that happens to a tenant.
@Suite(.timeLimit(.minutes(2))) struct ReaderTests {
    private static let endless = "SELECT count(*) FROM \(SQLWork.endless)"

    /// Runs until it is cancelled, aside.
    private func slowRead(_ house: House, _ tenant: TenantID, _ statements: String...) async throws -> SQLWork {
        let before = house.engine.load.readersAside
        let work =
            statements.isEmpty ? SQLWork(Self.endless, rights: .read) : SQLWork(statements: statements, rights: .write)
        house.engine.submit(work, to: tenant)
        try await until { house.engine.load.readersAside > before }
        return work
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            try #require(.now < end, "it never came about")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func run(_ house: House, _ tenant: TenantID, _ sql: String, rights: Rights = .write) async -> SQLWork.Ending
    {
        let work = SQLWork(sql, rights: rights)
        house.engine.submit(work, to: tenant)
        return await work.ended()
    }

    @Test func `a slow read holds neither writers nor other reads back, and sees none of what they do`() async throws {
        let house = try House()
        let tenant = try await house.create(4_001)
        #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (0)") == .done(nil))
        // Looks at the table before, and after a long while.
        let seen = "SELECT (SELECT count(*) FROM t) * 1000 + max(i) * 0 + (SELECT count(*) FROM t WHERE i > 0)"
        let patient = SQLWork("\(seen) FROM \(SQLWork.numbers(upTo: 300_000))")
        house.engine.submit(patient, to: tenant)
        let endless = try await slowRead(house, tenant)
        for n in 1...60 {
            #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (\(n))") == .done(nil))
            #expect(await run(house, tenant, "SELECT count(*) FROM t", rights: .read) == .done(Int64(n + 1)))
        }
        #expect(!endless.hasEnded)
        #expect(await patient.ended() == .done(1_001))
        house.engine.cancel(endless, of: tenant)
        #expect(await endless.ended() == .failed(.cancelled))
        #expect(house.engine.load.readersAside == 0)
        try house.stop()
        #expect(Inspection.leftovers(of: house.engine) == [])
    }

    @Test func `a read in a transaction that has not written runs aside, one that has does not`() async throws {
        let house = try House()
        let tenant = try await house.create(4_002)
        let reader = try await slowRead(house, tenant, "BEGIN", "SELECT count(*) FROM t", Self.endless)
        #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (1)") == .done(nil))
        house.engine.cancel(reader, of: tenant)
        #expect(await reader.ended() == .failed(.cancelled))
        let writer = SQLWork("BEGIN", "INSERT INTO t(v) VALUES (2)", Self.endless)
        house.engine.submit(writer, to: tenant)
        try await Task.sleep(for: .milliseconds(60))
        #expect(house.engine.load.readersAside == 0)
        house.engine.cancel(writer, of: tenant)
        #expect(await writer.ended() == .failed(.cancelled))
        #expect(await run(house, tenant, "SELECT count(*) FROM t") == .done(1))
        try house.stop()
    }

    @Test(arguments: [
        "INSERT INTO t(v) SELECT i FROM \(SQLWork.endless) WHERE i < 0",
        "CREATE TABLE u AS SELECT i FROM \(SQLWork.endless) WHERE i < 0",
        "CREATE TEMP TABLE u AS SELECT i FROM \(SQLWork.endless) WHERE i < 0",
        "UPDATE t SET v = (SELECT count(*) FROM \(SQLWork.endless))",
    ]) func `what writes never runs aside`(_ sql: String) async throws {
        let house = try House()
        let tenant = try await house.create(4_003)
        #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (1)") == .done(nil))
        let work = SQLWork(sql)
        house.engine.submit(work, to: tenant)
        try await Task.sleep(for: .milliseconds(60))
        #expect(house.engine.load.readersAside == 0 && !work.hasEnded)
        house.engine.cancel(work, of: tenant)
        #expect(await work.ended() == .failed(.cancelled))
        try house.stop()
    }

    @Test func `one slow read too many is ended, and holds others up for no longer than it may`() async throws {
        let house = try House { settings, _ in
            settings.readersPerTenant = 2
            settings.readerPatience = 50_000_000
        }
        let tenant = try await house.create(4_004)
        let one = try await slowRead(house, tenant)
        let two = try await slowRead(house, tenant)
        #expect(await run(house, tenant, Self.endless) == .failed(.overloaded))
        #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (1)") == .done(nil))
        // A place that becomes free is taken.
        let third = SQLWork(Self.endless)
        house.engine.cancel(one, of: tenant)
        house.engine.submit(third, to: tenant)
        _ = await one.ended()
        try await until { house.engine.load.readersAside == 2 }
        for work in [two, third] {
            house.engine.cancel(work, of: tenant)
            #expect(await work.ended() == .failed(.cancelled))
        }
        try house.stop()
    }

    @Test func `without places slow reads hold their tenant as long as they may run`() async throws {
        let house = try House { settings, _ in
            settings.readersPerTenant = 0
            settings.readerPatience = 1
        }
        let tenant = try await house.create(4_005)
        let work = SQLWork("SELECT count(*) FROM \(SQLWork.numbers(upTo: 100_000))")
        house.engine.submit(work, to: tenant)
        #expect(await work.ended() == .done(100_000))
        try house.stop()
    }

    @Test func `a deadline ends a read aside`() async throws {
        let house = try House()
        let tenant = try await house.create(4_006)
        let work = SQLWork(Self.endless, deadlineAfter: 100_000_000)
        house.engine.submit(work, to: tenant)
        #expect(await work.ended() == .failed(.deadlineExceeded))
        try house.stop()
    }

    // MARK: Rights

    @Test func `confinement and rights are the same on every connection`() async throws {
        let house = try House()
        let tenant = try await house.create(4_007)
        // Each takes the shared connection with it, so that the next statements run on another one.
        var readers: [SQLWork] = []
        for _ in 0..<3 {
            #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (1)", rights: .read) == .failed(.lacksWriteRight))
            #expect(await run(house, tenant, "SELECT 1; SELECT 2", rights: .read) == .failed(.manyStatements))
            for sql in ["ATTACH 'x' AS y", "PRAGMA journal_mode=delete", "SELECT fts3_tokenizer('simple')"] {
                guard case .failed(.blocked) = await run(house, tenant, sql) else {
                    Issue.record("\(sql) was not refused")
                    continue
                }
            }
            #expect(await run(house, tenant, "PRAGMA query_only", rights: .read) == .done(1))
            #expect(await run(house, tenant, "PRAGMA query_only") == .done(0))
            // What one caller did is no other's affair.
            #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (1), (2)") == .done(nil))
            #expect(await run(house, tenant, "SELECT changes() + last_insert_rowid()") == .done(0))
            readers.append(try await slowRead(house, tenant))
        }
        for work in readers {
            house.engine.cancel(work, of: tenant)
            _ = await work.ended()
        }
        try house.stop()
    }

    // MARK: The tenant's fate

    @Test func `a freeze waits for readers, ends them if it is told to, and reads go on in it`() async throws {
        let house = try House()
        let tenant = try await house.create(4_008)
        let engine = house.engine
        #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (1)") == .done(nil))
        let first = try await slowRead(house, tenant)
        await #expect(throws: FreezeFailure.stillInUse) {
            try await engine.freeze(tenant, patience: 50_000_000, endingTransactions: false, sleep: Self.sleep)
        }
        #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (2)") == .done(nil), "it was not thawed")
        let state = try await engine.freeze(tenant, patience: 20_000_000, endingTransactions: true, sleep: Self.sleep)
        #expect(await first.ended() == .failed(.recalled))
        #expect(try await engine.audit(tenant, state))
        // Reads go on, slow ones too, until they are parked.
        let second = try await slowRead(house, tenant)
        #expect(await run(house, tenant, "SELECT count(*) FROM t") == .done(2))
        try await engine.parkReads(tenant, patience: 20_000_000, endingReads: true, sleep: Self.sleep)
        #expect(await second.ended() == .failed(.recalled))
        #expect(await run(house, tenant, "SELECT 1") == .refused(.moving(tenant)))
        try await engine.thaw(tenant)
        #expect(await run(house, tenant, "INSERT INTO t(v) VALUES (3)") == .done(nil))
        try house.stop()
    }

    private static func sleep(_ nanoseconds: UInt64) async throws { try await Task.sleep(nanoseconds: nanoseconds) }

    @Test func `a drop ends readers first, and what they were part of still runs`() async throws {
        let house = try House()
        let tenant = try await house.create(4_009)
        let reader = try await slowRead(house, tenant)
        let waiting = SQLWork("SELECT count(*) FROM t")
        async let dropped: Void = house.engine.drop(tenant)
        house.engine.submit(waiting, to: tenant)
        try await dropped
        #expect(await reader.ended() == .failed(.recalled))
        _ = await waiting.ended()
        #expect(await run(house, tenant, "SELECT 1") == .refused(.notFound(tenant)))
        try await house.create(4_009)
        #expect(await run(house, tenant, "SELECT count(*) FROM t") == .done(0))
        try house.stop()
    }

    @Test func `a tenant with a reader is not evicted, and is when it has come back`() async throws {
        let house = try House { settings, _ in
            settings.openTenants = 2
            settings.keeperPause = 2_000_000
            settings.checkpointPause = 2_000_000
        }
        let tenant = try await house.create(4_010)
        for other in 0..<8 as Range<UInt64> { try await house.create(4_100 + other) }
        let reader = try await slowRead(house, tenant)
        for _ in 0..<10 {
            for other in 0..<8 as Range<UInt64> {
                _ = await run(house, TenantID(4_100 + other), "SELECT 1")
            }
        }
        #expect(!reader.hasEnded)
        #expect(house.engine.open.find(tenant) != nil)
        house.engine.cancel(reader, of: tenant)
        #expect(await reader.ended() == .failed(.cancelled))
        try await until {
            for other in 0..<8 as Range<UInt64> { _ = await run(house, TenantID(4_100 + other), "SELECT 1") }
            return house.engine.open.find(tenant) == nil
        }
        #expect(await run(house, tenant, "SELECT count(*) FROM t") == .done(0))
        try house.stop()
    }

    @Test func `an orderly end lets readers finish`() async throws {
        let house = try House()
        let tenant = try await house.create(4_011)
        let reader = SQLWork("SELECT count(*) FROM \(SQLWork.numbers(upTo: 400_000))", "INSERT INTO t(v) VALUES (1)")
        house.engine.submit(reader, to: tenant)
        try await until { house.engine.load.readersAside == 1 }
        try house.restart()
        #expect(await reader.ended() == .done(400_000))
        #expect(await run(house, tenant, "SELECT count(*) FROM t") == .done(1))
        try house.stop()
    }

    @Test func `a sudden end ends readers`() async throws {
        let house = try House()
        let tenant = try await house.create(4_012)
        let reader = try await slowRead(house, tenant)
        house.engine.abandon()
        // Its answer cannot be given any more, or is that it was ended.
        switch await reader.ended() {
        case .failed(.sqlite(let error)): #expect(error.code == SQLITE_INTERRUPT)
        case .refused: break
        case let other: Issue.record("\(other)")
        }
        #expect(house.engine.load.readersAside == 0)
    }

    @Test func `connections for slow reads are kept while there are such, and closed then`() async throws {
        let house = try House { settings, _ in
            settings.readerIdle = 30_000_000
            settings.keeperPause = 2_000_000
        }
        let tenant = try await house.create(4_013)
        var readers: [SQLWork] = []
        for _ in 0..<3 { readers.append(try await slowRead(house, tenant)) }
        for work in readers {
            house.engine.cancel(work, of: tenant)
            _ = await work.ended()
        }
        try await until {
            try await house.engine.perform(on: tenant) { database in !database.readers.hasSpares }
        }
        #expect(await run(house, tenant, "SELECT count(*) FROM t") == .done(0))
        try house.stop()
    }

    @Test func `an answer of a slow read waits for what it has seen`() async throws {
        let house = SimulatedHouse(seed: 5)
        try house.start()
        let tenant = TenantID(4_014)
        let template = try house.template("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        try await house.engine.create(tenant, template: template, epoch: .first)
        house.disk.inject(.delay(nanoseconds: 400_000_000), on: .sync, nth: 1)
        let insert = SQLWork("INSERT INTO t(v) VALUES (1)")
        let read = SQLWork("SELECT (SELECT count(*) FROM t) + 0 * max(i) FROM \(SQLWork.numbers(upTo: 30_000))")
        house.engine.submit(insert, to: tenant)
        house.engine.submit(read, to: tenant)
        #expect(await read.ended() == .done(1))
        #expect(insert.hasEnded, "a read told of a commit that was not durable")
        try house.engine.shutdown()
    }
}
