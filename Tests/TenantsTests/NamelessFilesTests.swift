import Journal
import SQLiteKit
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// Files that nothing names, as the pass after a start finds them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct NamelessFilesTests {
    enum Change: Sendable { case compacted, dropped }
    private static let tenant = TenantID(4_711)

    private static func furnish(_ house: SimulatedHouse) async throws -> TenantState {
        try house.start()
        let template = try house.template("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        try await house.engine.create(tenant, template: template, epoch: .first)
        try await run("INSERT INTO t(v) VALUES (7), (8), (9)", house)
        return try #require(house.engine.facts(of: tenant))
    }

    @discardableResult
    private static func run(_ sql: String, _ house: SimulatedHouse) async throws -> Int64 {
        try await house.engine.perform(on: tenant) { database in
            try database.own { connection throws(SQLiteError) in
                let statement = try connection.prepare(sql)
                return try statement.step() ? statement.integer(0) : -1
            }
        }
    }

    /// A pass that takes all files for old ones, durably done.
    private static func pass(_ house: SimulatedHouse) throws {
        var nameless = NamelessFiles(engine: house.engine, below: Generation(.max))
        for _ in 0..<20 { nameless.look() }
        let layout = house.engine.layout
        for folder in [layout.folder(of: tenant), layout.lostAndFound] { try house.disk.syncDirectory(folder) }
    }

    @Test(arguments: [Change.compacted, .dropped])
    func `J8: a file stays until it is durable that nothing names it`(change: Change) async throws {
        // One of these syncs is the one that makes the record durable.
        for nth in 1...5 {
            let house = SimulatedHouse(seed: 7)
            let before = try await Self.furnish(house)
            house.disk.inject(.delay(nanoseconds: 1_000_000_000), on: .sync, nth: nth)
            let engine = house.engine!
            let changing = Task {
                if change == .compacted {
                    _ = await engine.vacuum(Self.tenant)
                } else {
                    _ = try? await engine.drop(Self.tenant)
                }
            }
            while engine.facts(of: Self.tenant)?.generation == before.generation {
                try await Task.sleep(for: .milliseconds(1))
            }
            try Self.pass(house)
            let isEarly = engine.journal.durableLSN < engine.journal.lastLSN
            let left = house.crash(.dropAll)
            await changing.value
            try house.start(on: left)
            defer { house.engine.abandon() }
            guard isEarly, let facts = house.engine.facts(of: Self.tenant) else { continue }
            #expect(facts.generation == before.generation)
            #expect(try await Self.run("SELECT count(*) FROM t", house) == 3)
            return
        }
        Issue.record("the record was durable too soon every time")
    }

    @Test func `what a crash leaves of a compaction is not kept for ever`() async throws {
        let house = SimulatedHouse(seed: 8)
        let before = try await Self.furnish(house)
        let layout = house.engine.layout
        let old = layout.path(of: Self.tenant, before.generation)
        let bytes = try #require(house.disk.bytes(of: old))
        #expect(await house.engine.vacuum(Self.tenant)?.isSuccess == true)
        let now = try #require(house.engine.facts(of: Self.tenant))
        let left = house.crash(.keepAll)
        // One that was replaced and not yet removed, one that was not yet told of.
        let unknown = layout.path(of: Self.tenant, Generation(now.generation.rawValue + 1))
        for path in [old, unknown] { left.put(bytes, at: path) }
        try house.start(on: left)
        while house.disk.bytes(of: old) != nil || house.disk.bytes(of: unknown) != nil {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try house.disk.list(layout.lostAndFound) == ["tombstones"])
        #expect(try await Self.run("SELECT count(*) FROM t", house) == 3)
        while try house.disk.list(layout.tombstones).count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        Tombstones(files: house.disk, layout: layout).sweep(before: .max)
        #expect(try house.disk.list(layout.tombstones).isEmpty)
        house.engine.abandon()
    }

    @Test func `files of a tenant that is gone wait for somebody to look at them`() async throws {
        let house = SimulatedHouse(seed: 9)
        let before = try await Self.furnish(house)
        let layout = house.engine.layout
        let old = layout.path(of: Self.tenant, before.generation)
        let bytes = try #require(house.disk.bytes(of: old))
        try await house.engine.drop(Self.tenant)
        let left = house.crash(.keepAll)
        left.put(bytes, at: old)
        try house.start(on: left)
        while house.disk.bytes(of: old) != nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try house.disk.list(layout.lostAndFound) == ["\(Self.tenant).\(before.generation).sqlite"])
        house.engine.abandon()
    }
}
