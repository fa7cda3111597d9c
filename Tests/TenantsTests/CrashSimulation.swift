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
    var modes = CrashMode.allCases
    /// Where the power goes; `false` leaves it on.
    var plan: (SimulatedDisk, SeededRandom) -> Void = CrashSimulation.anywhere
    var tenants = 6
    var steps = 60
    private(set) var notes: [String] = []

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
            let known = models
            house.notices.withLock { notices in notices = { ModelTenant.hear($0, of: known) } }
            for round in 0..<rounds {
                await work()
                let violations = try await endRound()
                guard violations.isEmpty else {
                    _ = house.crash(.keepAll)
                    return violations.map { "round \(round): \($0)" }
                }
            }
            try house.engine.shutdown()
            return Inspection.leftovers(of: house.engine)
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

    private func note(_ what: String) { notes.append(what) }

    private func state() -> String {
        guard let journal = house.engine?.journal else { return "-" }
        return
            "point \(journal.recoveryPoint) durable \(journal.durableLSN) last \(journal.lastLSN) ended \(String(describing: journal.ended)) segs \(journal.segments.map { "\($0.firstLSN)" })"
    }

    private func endRound() async throws -> [String] {
        note(
            "end of work: frozen \(house.disk.isFrozen) \(state()) models \(models.map { "\($0.id):\($0.told)/\($0.version)" })"
        )
        let mode = modes[random.below(modes.count)]
        if !house.disk.isFrozen, !house.hasFailed, random.once(in: 3) {
            // An orderly end, and all of it must be in the files.
            try house.engine.shutdown()
            note("orderly \(state())")
            if let left = Inspection(house, models).files(expectingNewest: true) { return left }
        }
        let next = house.crash(mode)
        note("crash \(mode)")
        try restart(on: next)
        house.disk.clearFaults()
        return await Inspection(house, models).run().map { "\(mode): \($0)" }
    }

    /// The power may go again while recovery runs.
    private func restart(on first: SimulatedDisk) throws {
        var disk = first
        for _ in 0..<3 where random.once(in: 3) {
            disk.inject(.powerCut, nth: 1 + random.below(300))
            let mode = modes[random.below(modes.count)]
            do {
                try house.start(on: disk)
                note("started, then cut: \(state()) \(mode)")
                disk = house.crash(mode)
            } catch {
                note("did not start: \(error) \(mode)")
                guard disk.isFrozen else { throw error }
                disk = disk.crash(seed: random.next(), mode: mode)
            }
        }
        disk.clearFaults()
        try house.start(on: disk)
        note("started \(state())")
    }
}
