import Journal
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Vocabulary

@testable import Tenants

/// Rounds of work and power cuts on one simulated node, and the checks after each.
final class CrashSimulation {
    let house: SimulatedHouse
    private let random: SeededRandom
    private var models: [ModelTenant] = []
    private var generations: Set<UInt64> = []
    var modes = CrashMode.allCases
    /// Where the power goes; `false` leaves it on.
    var plan: (SimulatedDisk, SeededRandom) -> Void = CrashSimulation.anywhere
    var tenants = 6
    var steps = 60

    init(seed: UInt64) {
        house = SimulatedHouse(seed: seed)
        random = SeededRandom(seed: seed ^ 0xABCD)
    }

    static func anywhere(_ disk: SimulatedDisk, _ random: SeededRandom) {
        switch random.below(5) {
        case 0: disk.inject(.powerCut, nth: 20 + random.below(600))
        case 1: disk.inject(.powerCut, on: .sync, nth: 1 + random.below(60))
        case 2: disk.inject(.powerCut, on: .syncFileSystem, nth: 1 + random.below(6))
        case 3: disk.inject(.powerCut, on: .rename, nth: 1 + random.below(6))
        default: disk.inject(.tear(seed: random.next()), on: .write, nth: 1 + random.below(200))
        }
    }

    /// - Returns: what is wrong after the first round in which anything is.
    func run(rounds: Int) async -> [String] {
        do {
            try house.start()
            for _ in 0..<tenants { models.append(ModelTenant(TenantID(1_000 + UInt64(models.count) * 7))) }
            for round in 0..<rounds {
                await work()
                let violations = try await endRound()
                guard violations.isEmpty else {
                    _ = house.crash(.keepAll)
                    return violations.map { "round \(round): \($0)" }
                }
            }
            try house.engine.shutdown()
            return checkCounters()
        } catch {
            _ = house.crash(.keepAll)
            return ["\(error)"]
        }
    }

    private func work() async {
        let engine = house.engine!
        plan(house.disk, random)
        var drivers: [TenantDriver] = []
        for model in models {
            guard let template = try? house.template(TenantDriver.schema(random)) else { break }
            drivers.append(TenantDriver(model, engine, template: template, seed: random.next()))
        }
        let (steps, disk) = (steps, house.disk)
        await withTaskGroup(of: Void.self) { [house] group in
            for driver in drivers {
                group.addTask { await driver.run(steps: steps, while: { !disk.isFrozen && !house.hasFailed }) }
            }
            group.addTask {
                // Ends the works that wait for a disk that is gone.
                while !disk.isFrozen, !house.hasFailed, !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(1))
                }
                if disk.isFrozen || house.hasFailed { engine.abandon() }
            }
            for _ in drivers { await group.next() }
            group.cancelAll()
        }
    }

    private func endRound() async throws -> [String] {
        let mode = modes[random.below(modes.count)]
        if !house.disk.isFrozen, !house.hasFailed, random.once(in: 3) {
            // An orderly end, and all of it must be in the files.
            try house.engine.shutdown()
            if let left = checkFiles(expectingNewest: true) { return left }
        }
        let next = house.crash(mode)
        try restart(on: next)
        house.disk.clearFaults()
        if let wrong = checkFiles(expectingNewest: false) { return wrong.map { "\(mode): \($0)" } }
        return await checkContents().map { "\(mode): \($0)" }
    }

    /// The power may go again while recovery runs.
    private func restart(on first: SimulatedDisk) throws {
        var disk = first
        for _ in 0..<3 where random.once(in: 3) {
            disk.inject(.powerCut, nth: 1 + random.below(300))
            do {
                try house.start(on: disk)
                disk = house.crash(modes[random.below(modes.count)])
            } catch {
                guard disk.isFrozen else { throw error }
                disk = disk.crash(seed: random.next(), mode: modes[random.below(modes.count)])
            }
        }
        disk.clearFaults()
        try house.start(on: disk)
    }

    // MARK: Checks

    /// Every tenant's facts must be a state that was, no older than what anybody was told; and its file must be that.
    private func checkFiles(expectingNewest: Bool) -> [String]? {
        let engine = house.engine!
        var wrong = engine.damaged.map { "tenant \($0.key) is damaged: \($0.value)" }
        for model in models {
            let facts = engine.facts(of: model.id)
            if expectingNewest, facts != model.now.facts {
                wrong.append("tenant \(model.id) was not settled at the end")
            }
            guard model.rollBack(to: facts) != nil, let facts else { continue }
            do {
                let found = try FileChecksum.of(engine.layout.path(of: model.id, facts.generation), house.disk)
                if found.pageCount != facts.pageCount || found.checksum != facts.checksum {
                    wrong.append("the file of tenant \(model.id) is not what the facts say")
                }
            } catch {
                wrong.append("the file of tenant \(model.id): \(error)")
            }
        }
        wrong += models.flatMap(\.violations)
        return wrong.isEmpty ? nil : wrong
    }

    private func checkContents() async -> [String] {
        let engine = house.engine!
        for model in models where model.now.facts != nil {
            let state = model.now
            do {
                let found = try await engine.perform(on: model.id) { database in
                    try Self.contents(of: database)
                }
                if found.rows != state.rows { model.violate("its rows are not those of its last commit") }
                if found.tables != state.tables { model.violate("its tables are not those of its last commit") }
                if found.integrity != "ok" { model.violate("integrity_check: \(found.integrity)") }
            } catch {
                model.violate("cannot be read: \(error)")
            }
        }
        return models.flatMap(\.violations)
    }

    struct Contents: Sendable {
        var rows: [Int64: UInt64] = [:]
        var tables: Set<Int> = []
        var integrity = ""
    }

    static func contents(of database: TenantDatabase) throws -> Contents {
        try database.own { connection throws(SQLiteError) in
            var found = Contents()
            let rows = try connection.prepare("SELECT id, v FROM t")
            while try rows.step() { found.rows[rows.integer(0)] = Session.hash(Array(rows.blob(1))) }
            let tables = try connection.prepare(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'u_'")
            while try tables.step() { found.tables.insert(Int(tables.string(0).dropFirst())!) }
            let check = try connection.prepare("PRAGMA integrity_check")
            if try check.step() { found.integrity = check.string(0) }
            return found
        }
    }

    /// After the end nothing may be left.
    private func checkCounters() -> [String] {
        let engine = house.engine!
        let left = [
            ("waiting works", engine.load.waitingWorks), ("memory", engine.load.memoryBytes),
            ("log bytes", engine.logBytes), ("streams", engine.streamCount), ("threads", engine.threadCount),
            ("open tenants", engine.openCount), ("descriptors", engine.descriptorCount),
        ]
        return left.filter { $0.1 != 0 }.map { "\($0.1) \($0.0) left" }
    }
}
