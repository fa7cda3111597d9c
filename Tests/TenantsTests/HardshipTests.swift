import Journal
import SQLiteKit
import Seams
import Testing
import Vocabulary

@testable import Tenants

/// What one tenant does must not become the node's: its queue, its memory, its clock.
@Suite(.timeLimit(.minutes(2))) struct HardshipTests {
    /// Writes for as long as it may: nobody else has the tenant meanwhile.
    private static let endless = "INSERT INTO t(v) SELECT i FROM \(SQLWork.endless) WHERE i < 0"

    private func until(_ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            try #require(.now < end, "it never came about")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func done(_ house: House, _ sql: String, on tenant: TenantID) async -> SQLWork.Ending {
        let work = SQLWork(sql)
        house.engine.submit(work, to: tenant)
        return await work.ended()
    }

    /// A stream that stays, so that the clock has something to watch.
    private func openStream(_ house: House, _ tenant: TenantID) async throws {
        try await house.engine.perform(on: tenant) { database in
            database.leave(try database.openStream(principal: 1))
        }
    }

    @Test func `the clock takes no place in a tenant's queue`() async throws {
        let house = try House { settings, _ in
            settings.tenantQueue = 4
            settings.keeperPause = 1_000_000
        }
        let tenant = try await house.create(7_001)
        try await openStream(house, tenant)
        let long = SQLWork(Self.endless)
        house.engine.submit(long, to: tenant)
        try await Task.sleep(for: .milliseconds(200))
        #expect(house.engine.load.waitingWorks == 0)
        let next = SQLWork("SELECT 7")
        house.engine.submit(next, to: tenant)
        #expect(!next.hasEnded, "there is room for it")
        house.engine.cancel(long, of: tenant)
        #expect(await next.ended() == .done(7))
        _ = await long.ended()
        try house.stop()
    }

    @Test func `the clock goes on while a victim of eviction runs on`() async throws {
        let house = try House { settings, _ in
            settings.openTenants = 1
            settings.transactionIdle = 500_000_000
        }
        let (long, idle) = (try await house.create(7_010), try await house.create(7_011))
        let work = SQLWork(Self.endless)
        house.engine.submit(work, to: long)
        // No victim of eviction itself.
        try await house.engine.perform(on: idle) { database in
            let stream = try database.openStream(principal: 1)
            let begin = try database.session(on: stream, rights: .write, deadline: .distantFuture).start("BEGIN")
            _ = try begin.step()
            _ = begin.finish()
            database.leave(stream)
        }
        #expect(house.engine.streamCount == 1)
        try await until { house.engine.streamCount == 0 }
        #expect(!work.hasEnded)
        house.engine.cancel(work, of: long)
        #expect(await work.ended() == .failed(.cancelled))
        try house.stop()
    }

    @Test func `what idles ends by the clock although nobody asks for the tenant`() async throws {
        let house = try House { settings, _ in settings.streamIdle = 50_000_000 }
        let tenant = try await house.create(7_002)
        try await openStream(house, tenant)
        #expect(house.engine.streamCount == 1)
        try await until { house.engine.streamCount == 0 }
        try house.stop()
    }
}
