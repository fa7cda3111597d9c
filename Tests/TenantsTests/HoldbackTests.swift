import Journal
import SQLiteKit
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// Readers that never end, beside writers that go on and on: neither the journal nor the log may be theirs for ever.
@Suite(.serialized, .timeLimit(.minutes(4))) struct HoldbackTests {
    private static let held = TenantID(6_001)
    private static let busy = TenantID(6_002)

    private func house(
        _ faults: EngineFaults = EngineFaults(),
        _ adjust: @escaping (inout EngineSettings, inout JournalOptions) -> Void = { _, _ in }
    ) async throws -> SimulatedHouse {
        let house = SimulatedHouse(seed: 11)
        house.faults = faults
        house.adjust = { settings, options in
            settings.journalHoldback = 50_000_000
            // The reader is to end for no other reason.
            settings.transactionIdle = 600_000_000_000
            adjust(&settings, &options)
        }
        try house.start()
        let template = try house.template("CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)")
        for id in [Self.held, Self.busy] { try await house.engine.create(id, template: template, epoch: .first) }
        return house
    }

    private func run(_ sql: String, on tenant: TenantID, _ house: SimulatedHouse) async -> SQLWork.Ending {
        let work = SQLWork(sql)
        house.engine.submit(work, to: tenant)
        return await work.ended()
    }

    /// As a client would: what is busy is tried again.
    ///
    /// - Returns: false if it was busy for long.
    private func write(_ sql: String, on tenant: TenantID, _ house: SimulatedHouse, attempts: Int = 400) async -> Bool {
        for _ in 0..<attempts {
            switch await run(sql, on: tenant, house) {
            case .done: return true
            case .failed(.busy), .failed(.writerBusy), .refused(.busy):
                try? await Task.sleep(for: .milliseconds(5))
            case let other:
                Issue.record("\(sql): \(other)")
                return false
            }
        }
        return false
    }

    private static func rows(_ count: Int, bytes: Int) -> String {
        """
        INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < \(count))
        SELECT NULL, randomblob(\(bytes)) FROM c
        """
    }

    /// Eight rows in all, written over and over.
    private static let churn = "INSERT OR REPLACE INTO t SELECT 1 + (abs(random()) % 8), randomblob(20000)"

    private func fingerprint(_ tenant: TenantID, _ house: SimulatedHouse) async throws -> String {
        try await house.engine.perform(on: tenant) { database in
            try database.own { connection throws(SQLiteError) in
                let select = try connection.prepare(
                    "SELECT count(*) || group_concat(id || hex(substr(v, 9, 6))) FROM t")
                return try select.step() ? select.string(0) : ""
            }
        }
    }

    // MARK: The journal

    /// - Returns: the bytes that could be written while the reader held on, and whether it still does.
    private func fill(_ house: SimulatedHouse, times: Int, _ reader: HeldReader) async throws -> (Int, Bool) {
        let journalBytes = SimulatedHouse.tiny().1.journalBytes
        var written = 0
        while written < times * journalBytes {
            guard await write(Self.churn, on: Self.busy, house) else { break }
            written += 20_000
            if written % 400_000 == 0 {
                guard await write("UPDATE t SET v = randomblob(900) WHERE id % 30 = 0", on: Self.held, house) else {
                    break
                }
            }
        }
        return (written, try await reader.count() == 40)
    }

    @Test(arguments: [CrashMode.dropAll, .randomSubset])
    func `a reader without an end lets the journal be filled many times over`(_ mode: CrashMode) async throws {
        let house = try await house()
        #expect(await write(Self.rows(40, bytes: 900), on: Self.held, house))
        let reader = HeldReader(house, Self.held)
        #expect(try await reader.count() == 40)
        #expect(await write(Self.rows(40, bytes: 900), on: Self.held, house))
        let (written, isWhole) = try await fill(house, times: 3, reader)
        #expect(written >= 3 * SimulatedHouse.tiny().1.journalBytes)
        #expect(isWhole, "its snapshot was taken from it, and its log was not full")
        let expected = try await [fingerprint(Self.held, house), fingerprint(Self.busy, house)]
        try house.start(on: house.crash(mode))
        #expect(house.engine.damaged == [:])
        #expect(try await [fingerprint(Self.held, house), fingerprint(Self.busy, house)] == expected)
        #expect(try await house.engine.perform(on: Self.held) { try Contents(of: $0).integrity } == "ok")
        try house.engine.shutdown()
    }

    @Test func `a statement that writes without an end keeps nobody else from writing`() async throws {
        // Nothing is copied before the journal fills up: else a slow machine copies the tenant's commit before the statement
        // begins, and then it is in nobody's way.
        let house = try await house { settings, _ in settings.checkpointPause = 600_000_000_000 }
        #expect(await write(Self.rows(40, bytes: 900), on: Self.held, house))
        let long = SQLWork("INSERT INTO t SELECT NULL, i FROM \(SQLWork.endless) WHERE i < 0")
        house.engine.submit(long, to: Self.held)
        var written = 0
        while written < 3 * SimulatedHouse.tiny().1.journalBytes {
            guard await write(Self.churn, on: Self.busy, house, attempts: 2_000) else { break }
            written += 20_000
        }
        #expect(written >= 3 * SimulatedHouse.tiny().1.journalBytes)
        // Not before it was in their way.
        #expect(await long.ended() == .failed(.overloaded))
        #expect(await write(Self.rows(1, bytes: 900), on: Self.held, house))
        try house.engine.shutdown()
    }

    @Test func `a statement that ends nobody's patience is left alone`() async throws {
        let house = try await house()
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        let long = SQLWork("INSERT INTO t SELECT NULL, i FROM \(SQLWork.endless) WHERE i < 0")
        house.engine.submit(long, to: Self.held)
        for _ in 0..<20 { #expect(await write(Self.churn, on: Self.busy, house)) }
        // Rounds go on without it: the other tenant's commits are copied.
        for _ in 0..<2_000 where house.engine.dirty.since(Self.busy) != nil {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(house.engine.dirty.since(Self.busy) == nil)
        #expect(!long.hasEnded)
        house.engine.cancel(long, of: Self.held)
        #expect(await long.ended() == .failed(.cancelled))
        try house.engine.shutdown()
    }

    @Test func `without refreshes the node would stop`() async throws {
        var faults = EngineFaults()
        faults.neverRefresh = true
        let house = try await house(faults)
        #expect(await write(Self.rows(40, bytes: 900), on: Self.held, house))
        let reader = HeldReader(house, Self.held)
        #expect(try await reader.count() == 40)
        #expect(await write(Self.rows(40, bytes: 900), on: Self.held, house))
        let (written, _) = try await fill(house, times: 2, reader)
        #expect(written < 2 * SimulatedHouse.tiny().1.journalBytes)
        house.engine.abandon()
    }

    @Test(arguments: [CrashMode.dropAll, .keepAll])
    func `a log larger than a transaction is written again in several records`(_ mode: CrashMode) async throws {
        let house = try await house { settings, options in
            settings.transactionBytes = 128 << 10
            options.transactionBytes = 128 << 10
        }
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        let reader = HeldReader(house, Self.held)
        #expect(try await reader.count() == 4)
        for _ in 0..<20 { #expect(await write(Self.rows(10, bytes: 3_000), on: Self.held, house)) }
        let before = house.engine.journal.recoveryPoint
        for _ in 0..<600 where house.engine.dirty.since(Self.held).map({ $0 < before }) ?? false {
            #expect(await write(Self.churn, on: Self.busy, house))
        }
        _ = try await fill(house, times: 1, reader)
        #expect(try await reader.count() == 4)
        let expected = try await fingerprint(Self.held, house)
        try house.start(on: house.crash(mode))
        #expect(house.engine.damaged == [:])
        #expect(try await fingerprint(Self.held, house) == expected)
        house.engine.abandon()
    }

    @Test func `an idle node with a reader in the way rests`() async throws {
        let house = try await house { settings, _ in settings.checkpointPause = 2_000_000 }
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        let reader = HeldReader(house, Self.held)
        #expect(try await reader.count() == 4)
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        try await Task.sleep(for: .seconds(1))
        let before = house.disk.calls(.syncDirectory) + house.disk.calls(.syncFileSystem)
        try await Task.sleep(for: .seconds(1))
        let calls = house.disk.calls(.syncDirectory) + house.disk.calls(.syncFileSystem) - before
        #expect(calls < 60, "five hundred rounds could be made")
        #expect(house.engine.dirty.since(Self.held) != nil)
        try await reader.rollBack()
        for _ in 0..<1_000 where house.engine.dirty.since(Self.held) != nil {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(house.engine.dirty.since(Self.held) == nil, "and goes on when it has left")
        try house.engine.shutdown()
    }

    // MARK: The log

    @Test func `a reader ends when its tenant's log is full, and writing goes on`() async throws {
        let house = try await house { settings, _ in settings.logPerTenant = 1 << 20 }
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        let reader = HeldReader(house, Self.held)
        #expect(try await reader.count() == 4)
        for _ in 0..<120 { #expect(await write(Self.churn, on: Self.held, house)) }
        await #expect(throws: SQLFailure.readExpired) { try await reader.count() }
        try await reader.rollBack()
        #expect(try await reader.count() == 8)
        #expect(house.engine.logBytes <= 2 << 20)
        try house.engine.shutdown()
    }

    @Test func `one that reads aside ends too`() async throws {
        let house = try await house { settings, _ in settings.logPerTenant = 1 << 20 }
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        let read = SQLWork("SELECT count(*) FROM t, \(SQLWork.endless)")
        house.engine.submit(read, to: Self.held)
        while house.engine.load.readersAside == 0 { try await Task.sleep(for: .milliseconds(2)) }
        for _ in 0..<120 { #expect(await write(Self.churn, on: Self.held, house)) }
        #expect(await read.ended() == .failed(.readExpired))
        try house.engine.shutdown()
    }

    @Test func `the node's log is no reader's either`() async throws {
        let house = try await house { settings, _ in
            settings.logPerTenant = 8 << 20
            settings.logPerNode = 2 << 20
        }
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        let reader = HeldReader(house, Self.held)
        #expect(try await reader.count() == 4)
        for _ in 0..<120 {
            #expect(await write(Self.churn, on: Self.held, house))
            #expect(await write(Self.churn, on: Self.busy, house))
        }
        await #expect(throws: SQLFailure.readExpired) { try await reader.count() }
        try house.engine.shutdown()
    }

    @Test func `readers that began later than the one in the way are spared`() async throws {
        let house = try await house { settings, _ in settings.logPerTenant = 1 << 20 }
        #expect(await write(Self.rows(4, bytes: 900), on: Self.held, house))
        let old = HeldReader(house, Self.held)
        #expect(try await old.count() == 4)
        try await Task.sleep(for: .milliseconds(1_100))
        let young = HeldReader(house, Self.held)
        #expect(try await young.count() == 4)
        try await house.engine.perform(on: Self.held) { $0.expireReaders() }
        await #expect(throws: SQLFailure.readExpired) { try await old.count() }
        #expect(try await young.count() == 4)
        try house.engine.shutdown()
    }
}

/// A transaction that reads, and stays open between its requests.
final class HeldReader: @unchecked Sendable {
    // @unchecked: used by one request after the other, on the tenant's thread.
    private let house: SimulatedHouse
    private let tenant: TenantID
    private var ticket: StreamTicket?

    init(_ house: SimulatedHouse, _ tenant: TenantID) {
        self.house = house
        self.tenant = tenant
    }

    /// Rows of the table, as of the first call since the beginning or the last rollback.
    ///
    /// - Throws: `SQLFailure`.
    func count() async throws -> Int64 { try await run(ticket == nil ? ["BEGIN", Self.select] : [Self.select]) }

    func rollBack() async throws {
        _ = try? await run(["ROLLBACK"])
        _ = try await run(["BEGIN"])
    }

    private static let select = "SELECT count(*) FROM t"

    private func run(_ statements: [String]) async throws -> Int64 {
        try await house.engine.perform(on: tenant) { [self] database in
            let stream = try ticket.map(database.resumeStream) ?? database.openStream(principal: 8)
            defer {
                stream.sequence += 1
                ticket = StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 8, isClean: false)
                database.leave(stream)
            }
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            var found: Int64 = -1
            for sql in statements {
                let running = try session.start(sql)
                defer { _ = running.finish() }
                while try running.step() { found = running.statement.integer(0) }
            }
            return found
        }
    }
}
