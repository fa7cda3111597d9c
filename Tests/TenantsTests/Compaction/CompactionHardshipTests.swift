import Foundation
import Journal
import SQLiteKit
import Seams
import Testing
import Vocabulary

@testable import Tenants

/// VACUUM where something is in its way: damage, a full journal, reads and writes that go on and on, other tenants.
@Suite(.serialized, .timeLimit(.minutes(4))) struct CompactionHardshipTests {
    private static func deadline(_ house: House, seconds: UInt64) -> Instant {
        house.engine.context.time.monotonic().advanced(byNanoseconds: seconds * 1_000_000_000)
    }

    @Test func `a file that is not what its checksum says is kept, and the tenant is damaged`() async throws {
        let (house, tenant) = try await CompactionTests.wasteful()
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        let facts = try #require(house.engine.facts(of: tenant))
        let path = house.engine.layout.path(of: tenant, facts.generation)
        // The first one's old file goes a moment later.
        for _ in 0..<1_000 where try CompactionTests.files(house).count > 1 {
            try await Task.sleep(for: .milliseconds(5))
        }
        // Within a value: SQLite's own checks see nothing.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let text = try #require(
            stride(from: bytes.count - 50, to: 50, by: -1).first { index in
                bytes[(index - 40)..<(index + 40)].allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
            })
        bytes[text] = UInt8(ascii: "Z")
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seek(toOffset: UInt64(text))
        try handle.write(contentsOf: [UInt8(ascii: "Z")])
        try handle.close()
        #expect(await house.engine.vacuum(tenant)?.isSuccess != true)
        #expect(house.engine.damaged[tenant] != nil)
        #expect(house.engine.facts(of: tenant)?.generation == facts.generation)
        #expect(try CompactionTests.files(house).count == 1)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        await #expect(throws: TenantsError.self) { try await house.integer("SELECT count(*) FROM t", on: tenant) }
        try house.stop()
    }

    @Test func `where the journal has no room for a moment it waits with its copy`() async throws {
        let (house, tenant) = try await CompactionTests.wasteful { _, options in options.bufferBytes = 1 << 20 }
        let journal = house.engine.journal
        let before = house.engine.facts(of: tenant)?.generation
        var held = 0
        while (try? journal.reserve(4_096)) != nil { held += 1 }
        async let vacuum = house.engine.vacuum(tenant)
        while try CompactionTests.files(house).count < 2 { try await Task.sleep(for: .milliseconds(2)) }
        try await Task.sleep(for: .milliseconds(100))
        #expect(house.engine.facts(of: tenant)?.generation == before)
        for _ in 0..<held { journal.release(4_096) }
        #expect(await vacuum?.isSuccess == true)
        try house.stop()
    }

    @Test func `slow reads that follow one another keep nobody waiting for ever`() async throws {
        let (house, tenant) = try await CompactionTests.wasteful { settings, _ in
            settings.transactionWait = 100_000_000
            settings.readerPatience = 20_000_000
        }
        let soon = Self.deadline(house, seconds: 20)
        let isOver = Tally()
        async let reads: Void = withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while isOver.total == 0 {
                        let read = SQLWork(
                            "SELECT count(*) FROM t, \(SQLWork.endless)", rights: .read, deadlineAfter: 10_000_000_000)
                        house.engine.submit(read, to: tenant)
                        await read.ended()
                    }
                }
            }
        }
        while house.engine.load.readersAside == 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(await house.engine.vacuum(tenant, deadline: soon)?.isSuccess == true)
        isOver.count()
        await reads
        try house.stop()
    }

    @Test func `a tenant that moved away while it waited its turn keeps no other's waiting`() async throws {
        let (house, first) = try await CompactionTests.wasteful()
        let moving = try await house.create(1001, sql: CompactionTests.schema)
        let other = try await house.create(1002, sql: CompactionTests.schema)
        let ticket = try await CompactionTests.openTransaction(house, first)
        async let one = house.engine.vacuum(first)
        while try await house.engine.perform(on: first, { $0.hold }) == .none {
            try await Task.sleep(for: .milliseconds(2))
        }
        async let two = house.engine.vacuum(moving)
        while try await house.engine.perform(on: moving, { $0.compaction }) == nil {
            try await Task.sleep(for: .milliseconds(2))
        }
        _ = try await house.engine.freeze(moving, patience: 1_000_000_000, endingTransactions: false) { pause in
            try await Task.sleep(nanoseconds: pause)
        }
        async let three = house.engine.vacuum(other, deadline: Self.deadline(house, seconds: 20))
        try await CompactionTests.end(ticket, house, first)
        #expect(await one?.isSuccess == true)
        #expect(await three?.isSuccess == true)
        try await house.engine.thaw(moving)
        #expect(await two?.isSuccess == true)
        try house.stop()
    }

    @Test func `a tenant that writes on and on keeps no other's waiting`() async throws {
        let (house, tenant) = try await CompactionTests.wasteful { settings, _ in
            settings.transactionWait = 600_000_000_000
        }
        let other = try await house.create(1001, sql: CompactionTests.schema)
        let ticket = try await CompactionTests.openTransaction(house, tenant)
        async let waiting = house.engine.vacuum(tenant)
        while try await house.engine.perform(on: tenant, { $0.hold }) == .none {
            try await Task.sleep(for: .milliseconds(2))
        }
        let cancellation = WorkCancellation()
        async let writing: Void = Self.writeOn(house, tenant, ticket, cancellation)
        try await Task.sleep(for: .milliseconds(100))
        #expect(await house.engine.vacuum(other, deadline: Self.deadline(house, seconds: 15))?.isSuccess == true)
        #expect(!cancellation.isCancelled)
        cancellation.cancel()
        try await writing
        #expect(await waiting?.isSuccess == true)
        try house.stop()
    }

    @Test func `a schema of long texts is copied too`() async throws {
        let (house, tenant) = try await CompactionTests.wasteful { settings, _ in settings.sqlBytes = 4 << 20 }
        try await house.write(
            "CREATE TABLE wide(a /* \(String(repeating: "x", count: 2 << 20)) */, b)", on: tenant)
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        try await house.write("INSERT INTO wide VALUES (1, 2)", on: tenant)
        #expect(
            try await house.integer("SELECT length(sql) FROM sqlite_schema WHERE name = 'wide'", on: tenant) > 2 << 20)
        try house.stop()
    }

    @Test func `a stream whose transaction was ended is told so first`() async throws {
        let (house, tenant) = try await CompactionTests.wasteful { settings, _ in settings.transactionWait = 50_000_000
        }
        let ticket = try await CompactionTests.openTransaction(house, tenant)
        #expect(await house.engine.vacuum(tenant)?.isSuccess == true)
        let facts = house.engine.facts(of: tenant)
        try await house.engine.perform(on: tenant) { database in
            let stream = try database.resumeStream(ticket)
            defer { database.close(stream) }
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            #expect(throws: SQLFailure.transactionTimedOut) { try session.compact() }
        }
        #expect(house.engine.facts(of: tenant)?.generation == facts?.generation)
        try house.stop()
    }

    /// One statement in the transaction, until it is cancelled.
    private static func writeOn(
        _ house: House, _ tenant: TenantID, _ ticket: StreamTicket, _ cancellation: WorkCancellation
    ) async throws {
        try await house.engine.perform(on: tenant) { database in
            let stream = try database.resumeStream(ticket)
            defer { database.close(stream) }
            database.cancellation = cancellation
            _ = Caller(database, stream, .write).run(
                "INSERT INTO t(v) SELECT sum(i) FROM \(SQLWork.numbers(upTo: 2_000_000_000))")
        }
    }
}
