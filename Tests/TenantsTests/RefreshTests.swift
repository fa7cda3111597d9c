import Journal
import SQLiteKit
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// A reader keeps a tenant's commits out of its file; they are written again at the head of the journal, and from then on
/// recovery has nothing but that.
@Suite(.serialized) struct RefreshTests {
    private static let tenant = TenantID(5_000)

    /// A house whose checkpointer does nothing by itself, with one tenant.
    private func house(rows: Int, readyAhead: Int = 8, faults: EngineFaults = EngineFaults()) async throws
        -> SimulatedHouse
    {
        let house = SimulatedHouse(seed: 3)
        house.faults = faults
        house.adjust = { settings, options in
            options.readyAhead = readyAhead
            settings.checkpointPause = 600_000_000_000
            settings.checkpointLogBytes = .max
            settings.journalHoldback = 0
        }
        try house.start()
        let template = try house.template("CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)")
        try await house.engine.create(Self.tenant, template: template, epoch: .first)
        try await insert(rows, house)
        return house
    }

    private func insert(_ rows: Int, _ house: SimulatedHouse) async throws {
        try await run(
            """
            WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < \(rows))
            INSERT INTO t SELECT NULL, randomblob(3000) FROM c
            """, house)
    }

    private func run(_ sql: String, _ house: SimulatedHouse) async throws {
        try await house.engine.perform(on: Self.tenant) { database in
            try database.own { connection throws(SQLiteError) in try connection.execute(sql) }
        }
    }

    private func content(_ house: SimulatedHouse) async throws -> String {
        try await house.engine.perform(on: Self.tenant) { database in
            try database.own { connection throws(SQLiteError) in
                let select = try connection.prepare("SELECT count(*) || group_concat(hex(substr(v, 9, 6))) FROM t")
                return try select.step() ? select.string(0) : ""
            }
        }
    }

    /// Leaves a transaction open whose snapshot is the present one.
    private func pinReader(_ house: SimulatedHouse) async throws {
        try await house.engine.perform(on: Self.tenant) { database in
            let stream = try database.openStream(principal: 1)
            let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
            for sql in ["BEGIN", "SELECT count(*) FROM t"] {
                let running = try session.start(sql)
                while try running.step() {}
                _ = running.finish()
            }
            database.leave(stream)
        }
    }

    private func kinds(_ house: SimulatedHouse) throws -> [RecordKind] {
        let reader = try JournalReader(house.engine.layout.journal, files: house.disk)
        defer { reader.close() }
        var kinds: [RecordKind] = []
        try reader.records { record in if record.header.tenant == Self.tenant { kinds.append(record.header.kind) } }
        return kinds
    }

    /// - Returns: whether the power goes without loss right after a round whose refresh takes its time.
    private func isSafe(faults: EngineFaults) async throws -> Bool {
        let house = try await house(rows: 150, faults: faults)
        try Checkpointer(engine: house.engine).round([Self.tenant])
        try await pinReader(house)
        for _ in 0..<2 { try await run("UPDATE t SET v = randomblob(3000)", house) }
        let expected = try await content(house)
        try Checkpointer(engine: house.engine).round([Self.tenant])
        #expect(try kinds(house).contains(.refresh))
        // The second one has no new facts to save, so that nothing but its own durability can be waited for.
        for nth in 1...60 { house.disk.inject(.delay(nanoseconds: 20_000_000), on: .sync, nth: nth) }
        let before = house.engine.journal.recoveryPoint
        try Checkpointer(engine: house.engine).round([Self.tenant])
        #expect(house.engine.journal.recoveryPoint > before)
        try house.start(on: house.crash(.dropAll))
        defer { house.engine.abandon() }
        return try await content(house) == expected
    }

    @Test func `the recovery point waits for the refresh that lets it move`() async throws {
        #expect(try await isSafe(faults: EngineFaults()))
    }

    @Test func `without that commits would be lost`() async throws {
        var faults = EngineFaults()
        faults.passRefreshes = true
        for _ in 0..<10 { if try await !isSafe(faults: faults) { return } }
        Issue.record("nothing was lost")
    }

    @Test func `a refresh that has to wait for segments costs no reader its snapshot`() async throws {
        let house = try await house(rows: 1, readyAhead: 1)
        try Checkpointer(engine: house.engine).round([Self.tenant])
        try await pinReader(house)
        for _ in 0..<4 { try await insert(50, house) }
        var rounds = 0
        while try !kinds(house).contains(.refresh), rounds < 500 {
            try Checkpointer(engine: house.engine).round([Self.tenant])
            rounds += 1
        }
        #expect(try await readers(house) == 1)
        house.engine.abandon()
    }

    private func readers(_ house: SimulatedHouse) async throws -> Int {
        try await house.engine.perform(on: Self.tenant) { database in
            database.streams.all.filter { $0.transactionStarted != nil }.count
        }
    }

    @Test func `a refresh of a tenant that has grown finds a file that has not`() async throws {
        let house = try await house(rows: 1)
        try Checkpointer(engine: house.engine).round([Self.tenant])
        try await pinReader(house)
        for _ in 0..<4 { try await insert(50, house) }
        let expected = try await content(house)
        try Checkpointer(engine: house.engine).round([Self.tenant])
        #expect(Set(try kinds(house)) == [.part, .refresh], "the commits themselves are not needed any more")
        try house.start(on: house.crash(.dropAll))
        #expect(house.engine.damaged == [:])
        #expect(try await content(house) == expected)
        house.engine.abandon()
    }
}
