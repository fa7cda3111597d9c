import Journal
import Seams
import Simulator
import Testing
import Vocabulary

/// The same scenario again and again, its first, second, third … call to the disk going wrong, until it goes through.
/// After each: a power cut, a start, and everything acknowledged must be there.
@Suite struct FaultLoopTests {
    /// Commits of all kinds, flushes, checkpoints, an advance of the recovery point, a segment change.
    private func scenario(_ world: TestWorld) throws {
        let first = try world.create()
        let second = try world.create()
        for round in 0..<6 {
            world.commit(first, world.randomChange(first))
            world.commit(second, world.randomChange(second))
            world.flush()
            if round == 1 { try world.replace(second, [world.randomPage(), world.randomPage()]) }
            if round == 2 { try world.truncateJournal() }
            if round == 3 { world.commit(first, (0..<15).map { _ in world.randomPage() }) }
            if round == 4 { world.drop(second) }
            if round == 4 { _ = try world.create() }
            world.flush()
            world.journal.witnessNow()
            world.journal.prepareNow()
            if world.tenants[second].isAlive { continue }
            break
        }
        try world.checkpoint(first)
        try world.truncateJournal()
        world.commit(first, world.randomChange(first))
        world.flush()
    }

    /// - Returns: How many calls the scenario has.
    private func loop(_ mode: CrashMode, _ fault: (Int) -> DiskFault) throws -> Int {
        var nth = 1
        while true {
            let world = try TestWorld(seed: UInt64(nth))
            world.disk.inject(fault(nth), nth: nth)
            let before = world.disk.calls()
            // Whatever the call's failure stopped, what had been acknowledged before must be there.
            try? scenario(world)
            let isHit = world.disk.calls() - before >= nth || world.disk.isFrozen
            // First the same machine goes on, as after an exit; then its power goes.
            if !world.disk.isFrozen {
                try world.reopen(on: world.disk.killed())
                #expect(
                    world.violations() == [], "call \(nth), killed, after \(world.fatal.value.map { "\($0)" } ?? "")")
            }
            try world.reopen(on: world.disk.crash(seed: UInt64(nth), mode: mode))
            #expect(world.violations() == [], "call \(nth), \(mode)")
            if !isHit { return nth }
            nth += 1
        }
    }

    @Test(arguments: CrashMode.allCases)
    func `the power goes at any call`(mode: CrashMode) throws {
        #expect(try loop(mode) { _ in .powerCut } > 100)
    }

    @Test(arguments: CrashMode.allCases)
    func `any call fails`(mode: CrashMode) throws {
        #expect(try loop(mode) { _ in .fail(errno: 5) } > 100)
    }

    @Test func `any write is torn`() throws {
        #expect(try loop(.keepAll) { .tear(seed: UInt64($0)) } > 100)
    }

    @Test func `any write is cut short`() throws {
        #expect(try loop(.keepAll) { .short(bytes: $0 * 37 % 5000, errno: 5) } > 100)
    }

    @Test func `the device is full at any call`() throws {
        #expect(try loop(.dropAll) { _ in .full } > 100)
    }

    @Test(arguments: CrashMode.allCases)
    func `the power goes at any call of a start`(mode: CrashMode) throws {
        var nth = 1
        while true {
            let world = try TestWorld(seed: 7)
            try scenario(world)
            let disk = world.disk.crash(seed: 3, mode: .keepAll)
            disk.inject(.powerCut, nth: nth)
            try? world.reopen(on: disk)
            let isThrough = !disk.isFrozen
            try world.reopen(on: disk.crash(seed: UInt64(nth), mode: mode))
            #expect(world.violations() == [], "call \(nth)")
            if isThrough { break }
            nth += 1
        }
        #expect(nth > 20)
    }

    /// The manifest that lets segments go was renamed and not synced when the process was killed: the next start sees it, and
    /// the next power cut may take it back.
    @Test func `the power goes at any call of a start after a manifest that is not durable`() throws {
        var nth = 1
        while true {
            let world = try TestWorld(seed: 5)
            let tenant = try world.create()
            while world.journal.segments.count < 5 {
                world.commit(tenant, world.randomChange(tenant))
                world.flush()
                world.journal.prepareNow()
            }
            try world.checkpoint(tenant)
            try world.disk.fileSystem(holding: "/data")?.sync()
            world.disk.inject(.powerCut, on: .syncDirectory)
            #expect(throws: JournalError.self) {
                try world.journal.advanceRecoveryPoint(to: world.journal.durableLSN, nodeState: nil)
            }
            let disk = world.disk.killed()
            disk.inject(.powerCut, nth: nth)
            try? world.reopen(on: disk)
            let isThrough = !disk.isFrozen
            try world.reopen(on: disk.crash(seed: 1, mode: .dropAll))
            #expect(world.violations() == [], "call \(nth)")
            if isThrough { break }
            nth += 1
        }
        #expect(nth > 10)
    }
}
