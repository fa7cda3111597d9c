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
            world.disk.inject(.powerCut, nth: 20 + world.random.below(400))
            do {
                for _ in 0..<80 where !world.disk.isFrozen { try world.randomStep() }
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

    @Test(arguments: 0..<60)
    func `everything acknowledged is there after power cuts`(seed: Int) throws {
        #expect(try Self.run(seed: UInt64(seed)) == [])
    }
}
