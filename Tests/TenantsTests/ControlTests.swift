import Simulator
import Testing

@testable import Tenants

/// The crash proof with one rule broken each must fail: else it proves nothing. What makes a breach likely (where the power
/// goes, how small the bounds are) must do no harm to the engine as it is.
@Suite(.serialized) struct ControlTests {
    struct Breach: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fault: @Sendable (inout EngineFaults) -> Void
        var prepare: @Sendable (CrashSimulation) -> Void = { _ in }
    }

    static let breaches: [Breach] = [
        Breach(testDescription: "J1: answering before the commit is durable") { $0.answerBeforeDurable = true },
        Breach(testDescription: "J1: reads that do not wait") { $0.readsDoNotWait = true },
        Breach(testDescription: "J2: copying what is not durable") {
            $0.checkpointUndurable = true
        } prepare: {
            $0.modes = [.keepAll]
            $0.tenants = 3
            $0.plan = slowSyncs
            $0.house.adjust = { settings, _ in settings.checkpointLogBytes = 1 }
        },
        Breach(testDescription: "J3: settling before the sync") {
            $0.settleBeforeSync = true
        } prepare: {
            $0.modes = [.dropAll, .randomSubset]
        },
        Breach(testDescription: "J3: a recovery point past a dirty tenant") { $0.passDirtyTenants = true },
        Breach(testDescription: "J3: a recovery point past the node state") { $0.skipNodeState = true },
        Breach(testDescription: "J6: trying a failed sync again") {
            $0.retryFailedSync = true
        } prepare: {
            $0.modes = [.dropAll]
            $0.plan = failingSyncs
        },
        Breach(testDescription: "J7: counting rollbacks") { $0.countRollbacks = true },
        Breach(testDescription: "J8: a compacted file that was not synced") {
            $0.switchBeforeSync = true
        } prepare: {
            $0.modes = [.dropAll, .randomSubset]
            $0.plan = { disk, random in disk.inject(.powerCut, on: .rename, nth: 2 + random.below(12)) }
        },
        Breach(testDescription: "J8: using a generation twice") { $0.reuseGeneration = true },
    ]

    /// Much is copied while a flush takes its time.
    private static func slowSyncs(_ disk: SimulatedDisk, _ random: SeededRandom) {
        disk.inject(.powerCut, on: .write, nth: 30 + random.below(300))
        for nth in 1...80 { disk.inject(.delay(nanoseconds: 3_000_000), on: .sync, nth: nth) }
    }

    private static func failingSyncs(_ disk: SimulatedDisk, _ random: SeededRandom) {
        disk.inject(.fail(errno: 5), on: .syncFileSystem, nth: 1 + random.below(3))
        disk.inject(.powerCut, on: .syncFileSystem, nth: 5 + random.below(4))
    }

    @Test(arguments: breaches) func `a broken rule is noticed`(_ breach: Breach) async {
        for seed in 0..<60 {
            let simulation = CrashSimulation(seed: UInt64(seed))
            breach.prepare(simulation)
            breach.fault(&simulation.house.faults)
            if await !simulation.run(rounds: 4).isEmpty { return }
        }
        Issue.record("nothing was noticed")
    }

    @Test(arguments: breaches) func `a kept rule is not`(_ breach: Breach) async {
        let simulation = CrashSimulation(seed: 77)
        breach.prepare(simulation)
        let wrong = await simulation.run(rounds: 2)
        #expect(wrong == [], "\(wrong)")
    }
}
