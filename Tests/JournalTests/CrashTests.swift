import Journal
import Simulator
import Testing
import Vocabulary

/// Power cuts at random calls, with everything unsynced dropped, kept, mixed or torn, several in a row.
@Suite struct CrashTests {
    /// - Returns: What is wrong after the first round in which anything is.
    static func run(seed: UInt64, rounds: Int = 4, faults: JournalFaults = JournalFaults()) throws -> [String] {
        let world = try TestWorld(seed: seed, faults: faults)
        for _ in 0..<rounds {
            Self.plan(world)
            do {
                for _ in 0..<100 where !world.disk.isFrozen { try world.step() }
            } catch {
                guard world.disk.isFrozen else { throw error }
            }
            let mode = CrashMode.allCases[world.random.below(4)]
            do {
                try world.reopen(on: world.disk.crash(seed: world.random.next(), mode: mode))
            } catch let error as JournalError {
                return ["\(error)"]
            }
            let violations = world.violations()
            if !violations.isEmpty { return violations.map { "\(mode): " + $0 } }
        }
        return []
    }

    /// Where the power goes, and sometimes a manifest that cannot be put in place before.
    private static func plan(_ world: TestWorld) {
        let random = world.random
        switch random.below(3) {
        case 0: world.disk.inject(.powerCut, nth: 20 + random.below(400))
        case 1: world.disk.inject(.powerCut, on: .sync, nth: 1 + random.below(25))
        default: world.disk.inject(.tear(seed: random.next()), on: .write, nth: 1 + random.below(60))
        }
        if random.once(in: 2) { world.disk.inject(.fail(errno: 28), on: .rename, nth: 1 + random.below(3)) }
    }

    @Test(arguments: 0..<60)
    func `everything acknowledged is there after power cuts`(seed: Int) throws {
        #expect(try Self.run(seed: UInt64(seed)) == [])
    }
}
