import Journal
import SQLiteKit
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// A tenant whose file could not be read at a start: its records stay until the journal needs their room.
@Suite(.serialized) struct DamagedRecordsTests {
    private static let tenant = TenantID(6_000)

    private func run(_ sql: String, _ house: SimulatedHouse) async throws {
        try await house.engine.perform(on: Self.tenant) { database in
            try database.own { connection throws(SQLiteError) in try connection.execute(sql) }
        }
    }

    @Test func `a small bound of recovery does not give them up`() async throws {
        let house = SimulatedHouse(seed: 4)
        house.adjust = { settings, _ in
            settings.recoveryBytes = 1
            settings.checkpointPause = 600_000_000_000
            settings.checkpointLogBytes = .max
        }
        try house.start()
        let template = try house.template("CREATE TABLE t(v)")
        let facts = try await house.engine.create(Self.tenant, template: template, epoch: .first)
        try Checkpointer(engine: house.engine).round([Self.tenant])
        try await run("INSERT INTO t VALUES (1)", house)
        let path = house.engine.layout.path(of: Self.tenant, facts.generation)
        let bytes = try #require(house.disk.bytes(of: path))
        let left = house.crash(.keepAll)
        // Somebody has taken the file away, and puts it back later.
        try left.remove(path)
        try house.start(on: left)
        #expect(house.engine.damaged.keys.contains(Self.tenant))
        for _ in 0..<3 { try Checkpointer(engine: house.engine).round([Self.tenant]) }
        let later = house.crash(.keepAll)
        later.put(bytes, at: path)
        try house.start(on: later)
        defer { house.engine.abandon() }
        let count = try await house.engine.perform(on: Self.tenant) { database in
            try database.own { connection throws(SQLiteError) in
                let select = try connection.prepare("SELECT count(*) FROM t")
                return try select.step() ? select.integer(0) : -1
            }
        }
        #expect(count == 1)
    }
}
