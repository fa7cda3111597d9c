import Foundation
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// Copies of a tenant that are made while it is written, from one engine to another.
@Suite(.serialized) struct FollowedCopyTests {
    @Test(arguments: UInt64(1)...12)
    func `a copy made beside the writes is the tenant, once the rest has followed`(seed: UInt64) async throws {
        let (here, there) = (try House(), try House())
        let random = SeededRandom(seed: seed)
        let mode = ["none", "full", "incremental"][random.below(3)]
        let tenant = try await here.create(
            100 + seed, sql: "PRAGMA auto_vacuum = \(mode); CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        for _ in 0..<6 { try await write(tenant, here, random) }

        let file = try await here.engine.follow(tenant)
        let arrival = try await there.engine.beginArrival(of: tenant, file.base, isFollowed: true)
        for try await piece in here.engine.export(file, piecePages: 7) {
            try await arrival.append(piece)
            if random.once(in: 2) { try await write(tenant, here, random) }
        }
        try await arrival.beginFollowing()
        for _ in 0..<random.below(30) {
            try await arrival.put(try await here.engine.changes(of: file, atMost: 1 + random.below(9)).batch)
            if random.once(in: 2) { try await write(tenant, here, random) }
        }
        let frozen = try await here.engine.freeze(
            tenant, patience: 5_000_000_000, endingTransactions: false, sleep: nap)
        while case let changes = try await here.engine.changes(of: file, atMost: 5), changes.batch.count > 0 {
            try await arrival.put(changes.batch)
            // One whose answer was lost comes again.
            if random.once(in: 4) { try await arrival.put(changes.batch) }
        }
        let sealed = try await arrival.seal(frozen)

        #expect(sealed.checksum == frozen.checksum && sealed.pageCount == frozen.pageCount, "\(mode)")
        let found = try FileChecksum.of(arrival.path, PosixFiles())
        #expect(found.checksum == sealed.checksum && found.pageCount == sealed.pageCount)
        _ = try await there.engine.adopt(tenant, sealed, epoch: Epoch(2))
        try await here.engine.thaw(tenant)
        for sql in ["SELECT count(*) FROM t", "SELECT coalesce(sum(length(v) + id), 0) FROM t"] {
            #expect(try await here.integer(sql, on: tenant) == there.integer(sql, on: tenant))
        }
        try await here.engine.stopFollowing(file)
        try here.stop()
        try there.stop()
    }

    @Test func `what goes on in another file is followed no more`() async throws {
        let house = try House()
        let tenant = try await house.create(101)
        let file = try await house.engine.follow(tenant)
        try await house.run("INSERT INTO t(v) VALUES (randomblob(20000))", on: tenant)
        #expect(try await house.engine.changes(of: file, atMost: 100).batch.count > 0)
        #expect(try await house.engine.changes(of: file, atMost: 100).batch.count == 0)
        guard case .success? = await house.engine.vacuum(tenant) else {
            Issue.record("no VACUUM")
            return
        }
        await #expect(throws: FollowFailure.anotherFile) { try await house.engine.changes(of: file, atMost: 100) }
        try house.stop()
    }

    @Test func `a page that is damaged at the target is noticed`() async throws {
        let (here, there) = (try House(), try House())
        let tenant = try await here.create(101)
        try await here.run("INSERT INTO t(v) VALUES (randomblob(100000))", on: tenant)
        let frozen = try await here.engine.freeze(
            tenant, patience: 5_000_000_000, endingTransactions: false, sleep: nap)
        try await here.engine.thaw(tenant)
        let file = try await here.engine.follow(tenant)
        let arrival = try await there.engine.beginArrival(of: tenant, file.base, isFollowed: true)
        for try await piece in here.engine.export(file) { try await arrival.append(piece) }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: arrival.path))
        try handle.seek(toOffset: 5 * 4096 + 77)
        try handle.write(contentsOf: Data([0xAA, 0x55]))
        try await arrival.beginFollowing()
        let sealed = try await arrival.seal(frozen)
        #expect(sealed.pageCount == frozen.pageCount && sealed.checksum != frozen.checksum)
        try here.stop()
        try there.stop()
    }

    private let nap: @Sendable (UInt64) async throws -> Void = { try await Task.sleep(nanoseconds: $0) }

    /// Any of them, with the log emptied into the file now and then.
    private func write(_ tenant: TenantID, _ house: House, _ random: SeededRandom) async throws {
        let row = random.below(60)
        switch random.below(7) {
        case 0, 1, 2:
            try await house.run(
                "INSERT OR REPLACE INTO t VALUES (\(row), randomblob(\(random.below(30_000))))", on: tenant)
        case 3: try await house.run("UPDATE t SET v = randomblob(3000) WHERE id % 7 = \(row % 7)", on: tenant)
        case 4: try await house.run("DELETE FROM t WHERE id > \(row)", on: tenant)
        case 5: try await house.run("PRAGMA incremental_vacuum(\(row))", on: tenant)
        default:
            _ = try await house.engine.freeze(tenant, patience: 5_000_000_000, endingTransactions: false, sleep: nap)
            try await house.engine.thaw(tenant)
        }
    }
}
