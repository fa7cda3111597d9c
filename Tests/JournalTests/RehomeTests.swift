import Journal
import Simulator
import Testing
import Vocabulary

/// A sync that fails leaves records readable that are on no disk (rule J6). The next process must not serve what the next
/// power cut takes away.
@Suite struct RehomeTests {
    private func run(faults: JournalFaults) throws -> [String] {
        let world = try TestWorld(faults: faults)
        let tenant = try world.create()
        world.flush()
        world.commit(tenant, world.randomChange(tenant))
        world.disk.inject(.fail(errno: 5), on: .sync)
        world.journal.flushNow()
        #expect(world.fatal.value != nil)
        // The process exits and starts again on a running machine: the records are there to be read.
        try world.reopen(on: world.disk.killed())
        #expect(world.report.lastLSN == LSN(2))
        let shown = world.report.lastLSN
        #expect(world.violations() == [])
        world.commit(tenant, world.randomChange(tenant))
        world.flush()
        let acknowledged = world.journal.durableLSN
        do {
            try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
        } catch let error as JournalError {
            return [error.description]
        }
        guard world.report.lastLSN >= max(shown, acknowledged) else { return ["\(shown) was shown and is lost"] }
        return world.violations()
    }

    @Test func `records that a failed sync left are written again before they count`() throws {
        #expect(try run(faults: JournalFaults()) == [])
    }

    @Test func `without that they are lost later`() throws {
        var faults = JournalFaults()
        faults.skipRehome = true
        #expect(try run(faults: faults) != [])
    }

    @Test func `a crash while they are written again changes nothing`() throws {
        var cut = 1
        while true {
            let world = try TestWorld()
            let tenant = try world.create()
            world.flush()
            for _ in 0..<3 { world.commit(tenant, world.randomChange(tenant)) }
            world.flush()
            let last = world.journal.lastLSN
            let disk = world.disk.killed()
            disk.inject(.powerCut, nth: cut)
            try? world.reopen(on: disk)
            let isThrough = !disk.isFrozen
            for mode in CrashMode.allCases {
                let left = disk.copy().crash(seed: UInt64(cut), mode: mode)
                let opened = try Journal.open(
                    TestWorld.journalPath, files: left, time: world.time, random: world.random, options: .tiny,
                    onFatal: { _ in })
                #expect(opened.report.lastLSN == last, "\(mode), cut at call \(cut)")
            }
            if isThrough { break }
            cut += 1
        }
        #expect(cut > 10)
    }

    /// A start reads the journal more than once. What a failed sync left may be gone at any of these readings: then it is
    /// gone for good or it counts for good, and a start that cannot tell refuses.
    @Test func `what can be read once and not again never counts half`() throws {
        var nth = 1
        while true {
            let world = try TestWorld(seed: 9)
            let tenants = [try world.create(), try world.create()]
            world.flush()
            let acknowledged = world.journal.durableLSN
            for _ in 0..<4 { for tenant in tenants { world.commit(tenant, world.randomChange(tenant)) } }
            world.disk.inject(.fail(errno: 5), on: .sync)
            world.journal.flushNow()
            let disk = world.disk.killed()
            let reads = disk.calls(.read)
            disk.inject(.evict, on: .read, nth: nth)
            var left = disk
            do {
                try world.reopen(on: disk)
                #expect(world.violations() == [], "read \(nth)")
                let shown = world.report.lastLSN
                left = disk.crash(seed: 1, mode: .dropAll)
                try world.reopen(on: left)
                #expect(world.report.lastLSN == shown, "read \(nth)")
            } catch is JournalError {
                try world.reopen(on: disk.crash(seed: 1, mode: .dropAll))
                #expect(world.report.lastLSN >= acknowledged)
            }
            #expect(world.violations() == [], "read \(nth)")
            if disk.calls(.read) - reads < nth { break }
            nth += 1
        }
        #expect(nth > 8)
    }
}
