import CSQLite
import Foundation
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Tenants

/// Rules that a crash alone does not try, each kept and, as a control, broken.
@Suite(.serialized) struct RuleTests {
    @Test(arguments: [false, true])
    func `J4: a log that somebody put beside a file is moved away, never read`(isBroken: Bool) async throws {
        var faults = EngineFaults()
        faults.leaveForeignLogs = isBroken
        let house = try House(faults: faults)
        let tenant = try await house.create(1000)
        try await house.run("INSERT INTO t(v) VALUES ('ours')", on: tenant)
        try house.stop()
        let path = house.engine.layout.path(of: tenant, house.engine.facts(of: tenant)!.generation)
        try Self.writeForeignLog(beside: path)
        try house.restart()
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 1)
        try house.stop()
        // Whoever opens the file with another program afterwards reads what lies beside it.
        let rows = try Shell.sqlite(path, "SELECT group_concat(v) FROM t")
        let isAside = try FileManager.default.contentsOfDirectory(atPath: house.engine.layout.lostAndFound).count == 1
        #expect((rows == "ours" && isAside) == !isBroken, "\(rows)")
    }

    /// Leaves the log of a program that was killed: one row more, not in the file.
    private static func writeForeignLog(beside path: String) throws {
        let copy = path + ".copy"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        var handle: OpaquePointer?
        try #require(sqlite3_open_v2(copy, &handle, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK)
        let sql = "PRAGMA wal_autocheckpoint=0; INSERT INTO t(v) VALUES ('foreign')"
        try #require(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
        try FileManager.default.copyItem(atPath: copy + "-wal", toPath: path + "-wal")
        sqlite3_close_v2(handle)
        for name in [copy, copy + "-wal", copy + "-shm"] { try? FileManager.default.removeItem(atPath: name) }
    }

    @Test(arguments: [false, true])
    func `J7: a tenant's time never goes back, whatever the clock does`(isBroken: Bool) async throws {
        var faults = EngineFaults()
        faults.timeMayGoBack = isBroken
        let clock = SteppedClock()
        let house = try House(faults: faults, time: clock)
        let tenant = try await house.create(1000)
        func commit() async throws -> WallTime {
            try await house.run("INSERT INTO t(v) VALUES (1)", on: tenant)
            return try await house.engine.perform(on: tenant) { $0.state.time }
        }
        let before = try await commit()
        clock.step(milliseconds: -3_600_000)
        let after = try await commit()
        try house.restart()
        let restarted = try await commit()
        #expect((after >= before && restarted >= before) == !isBroken)
        try house.stop()
    }

    @Test(arguments: [false, true])
    func `J8: a missing file is damage, never a new file`(isBroken: Bool) async throws {
        var faults = EngineFaults()
        faults.recreateMissing = isBroken
        let house = try House(faults: faults)
        let tenant = try await house.create(1000, sql: "")
        try await house.run("CREATE TABLE t(v)", on: tenant)
        try house.stop()
        let path = house.engine.layout.path(of: tenant, house.engine.facts(of: tenant)!.generation)
        try FileManager.default.removeItem(atPath: path)
        try house.restart()
        let tables = try? await house.integer("SELECT count(*) FROM sqlite_master", on: tenant)
        // Broken, it answers as if the tenant had always been empty.
        #expect(tables == (isBroken ? 0 : nil))
        #expect(FileManager.default.fileExists(atPath: path) == isBroken)
        try house.stop()
    }
}

/// The system's clocks, the wall's moved.
private final class SteppedClock: TimeSource {
    private let offset = Mutex<Int64>(0)

    func monotonic() -> Instant { SystemTime().monotonic() }
    func wall() -> WallTime {
        WallTime(milliseconds: SystemTime().wall().milliseconds + offset.withLock { $0 })
    }
    func step(milliseconds: Int64) { offset.withLock { $0 += milliseconds } }
}
