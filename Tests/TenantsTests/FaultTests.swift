import Foundation
import Journal
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Testing
import Vocabulary

@testable import Tenants

/// A short life of a node, again and again, with its Nth call to the disk going wrong: N = 1, 2, 3 … until the whole life
/// passes without meeting it.
@Suite(.serialized) struct FaultTests {
    enum Kind: CaseIterable, Sendable {
        case input, full, short, power

        func fault(_ n: Int) -> DiskFault {
            switch self {
            case .input: .fail(errno: 5)
            case .full: .full
            case .short: .short(bytes: 100, errno: 5)
            case .power: .powerCut
            }
        }
    }

    /// Every so many calls one is tried; all of them in a sweep.
    static let stride = CrashTests.sweep > 0 ? 1 : 17

    @Test(arguments: Kind.allCases) func `a call that goes wrong costs nothing that anybody was told of`(kind: Kind)
        async
    {
        var n = 1 + Kind.allCases.firstIndex(of: kind)! * 4
        while true {
            let life = NodeLife(seed: 5)
            life.house.disk.inject(kind.fault(n), on: kind == .short ? .write : nil, nth: n)
            let calls = await life.run(kind == .short ? .write : nil)
            for mode in [CrashMode.keepAll, .dropAll] {
                let wrong = await life.check(after: mode)
                #expect(wrong == [], "call \(n), \(mode)")
            }
            if n > calls { break }
            n += kind == .short ? max(1, Self.stride / 4) : Self.stride
        }
    }

    /// A house whose checkpointer does nothing by itself, with one tenant that has commits to copy.
    private func house(syncsFileSystem: Bool) async throws -> (SimulatedHouse, TenantID) {
        let house = SimulatedHouse(seed: 1)
        house.disk.setSyncsFileSystem(syncsFileSystem)
        house.adjust = { settings, _ in
            settings.checkpointPause = 600_000_000_000
            settings.checkpointLogBytes = .max
        }
        try house.start()
        let tenant = TenantID(3_000)
        let template = try house.template("CREATE TABLE t(v)")
        try await house.engine.create(tenant, template: template, epoch: .first)
        try await house.engine.perform(on: tenant) { database in
            try database.own { connection throws(SQLiteError) in try connection.execute("INSERT INTO t VALUES (1)") }
        }
        return (house, tenant)
    }

    @Test func `a write error that somebody else was told of ends the node`() async throws {
        let (house, tenant) = try await house(syncsFileSystem: true)
        let point = house.engine.journal.recoveryPoint
        _ = try await house.engine.perform(on: tenant) { database in try database.checkpoint() }
        house.disk.failWriteback(errno: 5)
        // `sync -f`, or another node on the same file system.
        #expect(throws: FileError.self) { try house.disk.fileSystem(holding: "/data")?.sync() }
        #expect(throws: (any Error).self) { try Checkpointer(engine: house.engine).round([tenant]) }
        #expect(house.hasFailed)
        #expect(house.engine.journal.recoveryPoint == point)
        house.engine.abandon()
    }

    /// What the file's pages say, and what the tenant says.
    private func checksums(_ house: SimulatedHouse, _ tenant: TenantID) async throws -> (file: UInt64, known: UInt64) {
        try await house.engine.perform(on: tenant) { database in
            _ = try database.checkpoint()
            let state = database.state
            let path = house.engine.layout.path(of: tenant, state.generation)
            return (try FileChecksum.of(path, house.disk).checksum, state.checksum)
        }
    }

    private func write(_ sql: String, _ house: SimulatedHouse, _ tenant: TenantID) async throws -> Bool {
        try await house.engine.perform(on: tenant) { database in
            try database.own { connection throws(SQLiteError) in try connection.execute(sql) }
            return database.state.isChecksumKnown
        }
    }

    @Test(arguments: [false, true]) func `an old page that cannot be read for a moment costs nothing`(crashes: Bool)
        async throws
    {
        let (house, tenant) = try await house(syncsFileSystem: true)
        _ = try await checksums(house, tenant)
        // The pages are in SQLite's cache; their old images, which nobody needs but the checksum, in the file alone.
        for nth in 1...3 { house.disk.inject(.fail(errno: 5), on: .read, nth: nth) }
        #expect(try await !write("UPDATE t SET v = 2", house, tenant))
        house.disk.clearFaults()
        #expect(try await !write("INSERT INTO t VALUES (3)", house, tenant))
        if crashes { try house.start(on: house.crash(.keepAll)) }
        #expect(house.engine.damaged == [:])
        let (file, known) = try await checksums(house, tenant)
        #expect(file == known)
        #expect(try await write("INSERT INTO t VALUES (4)", house, tenant))
        let later = try await checksums(house, tenant)
        #expect(later.file == later.known)
        try house.engine.shutdown()
        try house.start()
        #expect(try await write("INSERT INTO t VALUES (5)", house, tenant))
        house.engine.abandon()
    }

    @Test func `pages that are cut off in large numbers are not read while others wait`() async throws {
        let house = SimulatedHouse(seed: 1)
        house.adjust = { settings, _ in
            settings.removedPages = 8
            settings.checkpointPause = 600_000_000_000
            settings.checkpointLogBytes = .max
        }
        try house.start()
        let tenant = TenantID(3_001)
        let template = try house.template("PRAGMA auto_vacuum=incremental; CREATE TABLE t(v)")
        try await house.engine.create(tenant, template: template, epoch: .first)
        #expect(try await write("INSERT INTO t SELECT zeroblob(90000)", house, tenant))
        #expect(try await write("DELETE FROM t; PRAGMA incremental_vacuum(5)", house, tenant))
        _ = try await checksums(house, tenant)
        let reads = house.disk.calls(.read)
        #expect(try await !write("PRAGMA incremental_vacuum(12)", house, tenant))
        #expect(house.disk.calls(.read) - reads < 10)
        let (file, known) = try await checksums(house, tenant)
        #expect(file == known)
        try house.engine.shutdown()
    }

    @Test(arguments: [true, false]) func `no descriptor for a sync is no failed sync`(syncsFileSystem: Bool)
        async throws
    {
        let (house, tenant) = try await house(syncsFileSystem: syncsFileSystem)
        try Checkpointer(engine: house.engine).round([])
        let point = house.engine.journal.recoveryPoint
        // Whatever opens files besides has done so.
        house.disk.setDescriptorLimit(house.disk.openFiles)
        for _ in 0..<3 {
            #expect(throws: (any Error).self) { try Checkpointer(engine: house.engine).round([tenant]) }
        }
        #expect(!house.hasFailed)
        #expect(house.engine.journal.recoveryPoint == point)
        house.disk.setDescriptorLimit(.max)
        try Checkpointer(engine: house.engine).round([tenant])
        #expect(house.engine.journal.recoveryPoint > point)
        house.engine.abandon()
    }
}

/// Start, create, write, copy, evict, drop, stop, start again, read, stop.
final class NodeLife {
    let house: SimulatedHouse
    private let models = (0..<3).map { ModelTenant(TenantID(2_000 + UInt64($0))) }
    private let seed: UInt64
    private var last: SimulatedDisk?

    init(seed: UInt64) {
        self.seed = seed
        house = SimulatedHouse(seed: seed)
        house.adjust = { settings, _ in
            settings.openTenants = 1
            settings.checkpointLogBytes = 1
            // A compaction waits for the transactions that a life leaves open.
            settings.transactionWait = 20_000_000
        }
    }

    /// - Returns: how many calls its life took.
    func run(_ operation: DiskOperation?) async -> Int {
        await live(steps: 10)
        await live(steps: 3)
        return house.disk.calls(operation)
    }

    private func live(steps: Int) async {
        let (disk, house) = (house.disk, house)
        let known = models
        house.notices.withLock { notices in notices = { ModelTenant.hear($0, of: known) } }
        do { try house.start() } catch { return }
        for model in models { _ = model.rollBack(to: house.engine.facts(of: model.id)) }
        for (index, model) in models.enumerated() {
            let sql = TenantDriver.schema.replacing("%MODE%", with: ["none", "full", "incremental"][index])
            guard let template = try? house.template(sql) else { continue }
            let driver = TenantDriver(model, house.engine, template: template, seed: seed + UInt64(index))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await driver.run(steps: steps, while: { !disk.isFrozen && !house.hasFailed }) }
                group.addTask {
                    while !disk.isFrozen, !house.hasFailed, !Task.isCancelled {
                        try? await Task.sleep(for: .milliseconds(1))
                    }
                    if disk.isFrozen || house.hasFailed { house.engine.abandon() }
                }
                await group.next()
                group.cancelAll()
            }
        }
        if disk.isFrozen || house.hasFailed { house.engine.abandon() }
        // What fails here is left to the next start.
        do { try house.engine.shutdown() } catch { house.engine.abandon() }
    }

    /// Starts once more, on a disk that works, and compares.
    func check(after mode: CrashMode) async -> [String] {
        let left = (last ?? house.disk).crash(seed: 1, mode: mode)
        last = left.copy()
        do {
            try house.start(on: left)
        } catch {
            return ["it does not start: \(error)"]
        }
        defer { house.engine.abandon() }
        return await Inspection(house, models).run()
    }
}
