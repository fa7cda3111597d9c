import Journal
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Testing
import Vocabulary

@testable import Tenants

/// A full disk refuses what brings anything new; what gives room back goes on (rule J6).
@Suite(.timeLimit(.minutes(2))) struct FullDiskTests {
    private static let tenant = TenantID(8_001)

    private func run(_ statements: [String], _ house: SimulatedHouse) async -> SQLWork.Ending {
        let work = SQLWork(statements: statements, rights: .write)
        house.engine.submit(work, to: Self.tenant)
        return await work.ended()
    }

    private func fullHouse(_ heard: Heard) async throws -> SimulatedHouse {
        let house = SimulatedHouse(seed: 3)
        house.notices.withLock { $0 = { notice in heard.notices.withLock { $0.append(notice) } } }
        try house.start()
        let template = try house.template(
            """
            PRAGMA auto_vacuum=incremental;
            CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE u(v); CREATE TABLE log(v);
            CREATE TABLE watched(id INTEGER PRIMARY KEY);
            CREATE TRIGGER w AFTER DELETE ON watched BEGIN INSERT INTO log VALUES (old.id); END;
            """)
        try await house.engine.create(Self.tenant, template: template, epoch: .first)
        let filled = await run(
            [
                "INSERT INTO t SELECT i, zeroblob(500) FROM \(SQLWork.numbers(upTo: 200))",
                "INSERT INTO u SELECT zeroblob(500) FROM \(SQLWork.numbers(upTo: 100))",
                "INSERT INTO watched VALUES (1), (2)",
            ], house)
        #expect(filled == .done(nil))
        // Less than is used: what is cut off makes no room.
        house.disk.setCapacity(1)
        house.engine.journal.reportDiskFull()
        return house
    }

    private final class Heard: Sendable {
        let notices = Mutex<[EngineNotice]>([])
    }

    private func until(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(.now < end, "it never came about")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test func `deletes and drops go on where the disk is full, and nothing else that writes`() async throws {
        let heard = Heard()
        let house = try await fullHouse(heard)
        for refused in [
            ["INSERT INTO u VALUES (1)"], ["UPDATE u SET v = 2"], ["CREATE TABLE x(a)"],
            ["REPLACE INTO t VALUES (1, 2)"],
            ["ALTER TABLE u RENAME TO y"], ["DELETE FROM watched"], ["PRAGMA user_version = 7"],
            ["BEGIN", "DELETE FROM t WHERE id = 1", "INSERT INTO u VALUES (1)", "COMMIT"],
        ] {
            #expect(await run(refused, house) == .failed(.diskFull), "\(refused)")
        }
        for done in [
            ["SELECT count(*) FROM t"], ["DELETE FROM t WHERE id <= 50"], ["DROP TABLE u"],
            ["PRAGMA incremental_vacuum(10)"],
            [
                "BEGIN", "SELECT 1", "DELETE FROM t WHERE id <= 100", "SAVEPOINT s", "DROP TRIGGER w", "RELEASE s",
                "COMMIT",
            ],
        ] {
            guard case .done = await run(done, house) else {
                Issue.record("\(done)")
                continue
            }
        }
        #expect(await run(["SELECT count(*) FROM t"], house) == .done(100))
        try await until { heard.notices.withLock { $0 } == [.diskFull] }
        house.disk.setCapacity(.max)
        try await until { !house.engine.journal.isDiskFull }
        #expect(await run(["INSERT INTO log VALUES (1)"], house) == .done(nil))
        try await until { heard.notices.withLock { $0 } == [.diskFull, .diskHasRoom] }
        try house.start(on: house.crash(.dropAll))
        #expect(await run(["SELECT count(*) FROM t"], house) == .done(100))
        try house.engine.shutdown()
    }
}
