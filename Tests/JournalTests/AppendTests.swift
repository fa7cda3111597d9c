import Seams
import Simulator
import Testing
import Vocabulary

@testable import Journal

@Suite struct AppendTests {
    @Test func `LSNs are dense and start at 1`() throws {
        let world = try TestWorld()
        let tenant = try world.create()
        #expect(world.tenants[tenant].now?.lsn == LSN(1))
        var last = LSN(1)
        for round in 0..<50 {
            let range = try #require(world.commit(tenant, world.randomChange(tenant)))
            #expect(range.first == last.next)
            #expect(range.last >= range.first)
            last = range.last
            if round % 7 == 0 { world.flush() }
        }
        world.flush()
        #expect(world.journal.durableLSN == last)
    }

    @Test func `a large commit takes one LSN per part and counts with the last`() throws {
        let world = try TestWorld()
        let tenant = try world.create()
        let range = world.commit(tenant, (0..<20).map { _ in Page(world.random.bytes(4096)) })
        // Two pages of noise fit in a part.
        #expect(range == LSNRange(first: LSN(2), last: LSN(11)))
        world.flush()
        try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
        #expect(world.violations() == [])
    }

    @Test func `a commit whose last parts are lost leaves nothing behind`() throws {
        let whole = try TestWorld()
        let tenant = try whole.create()
        whole.flush()
        let writes = whole.disk.calls(.write)
        whole.commit(tenant, (0..<30).map { _ in Page(whole.random.bytes(4096)) })
        whole.flush()
        let flushes = whole.disk.calls(.write) - writes
        #expect(flushes > 2)
        for cut in 1...flushes {
            let world = try TestWorld()
            let tenant = try world.create()
            world.flush()
            world.disk.inject(.powerCut, on: .write, nth: cut)
            world.commit(tenant, (0..<30).map { _ in Page(world.random.bytes(4096)) })
            world.flush()
            try world.reopen(on: world.disk.crash(seed: 1, mode: .keepAll))
            #expect(world.violations() == [])
            // The same TxID again, and other parts.
            world.commit(tenant, (0..<9).map { _ in Page(world.random.bytes(4096)) })
            world.flush()
            try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
            #expect(world.violations() == [])
        }
    }

    @Test func `reservations are bounded by the buffer`() throws {
        let world = try TestWorld()
        world.options.journalBytes = 200 * 64 * 1024
        try world.reopen(on: world.disk.killed())
        var held = 0
        while held < 1 << 20 {
            do throws(JournalRefusal) {
                try world.journal.reserve(4128)
                held += 4128
            } catch {
                // Either the preparer has more to do, or the buffer's bound is reached.
                guard case .wrote = world.journal.prepareStep() else { break }
            }
        }
        #expect(held > 500_000 && held <= world.options.bufferBytes)
        #expect(throws: JournalRefusal.self) { try world.journal.reserve(4128) }
        world.journal.release(4128)
        try world.journal.reserve(4128)
    }

    @Test func `a full journal keeps room for what empties it, whatever else asks`() throws {
        var options = JournalOptions.tiny
        options.journalBytes = 12 * 64 * 1024
        options.transactionBytes = 64 * 1024
        let world = try TestWorld(options: options)
        var granted: [Purpose: Int] = [:]
        for purpose in Purpose.allCases {
            while true {
                do throws(JournalRefusal) {
                    try world.journal.reserve(4128, for: purpose)
                    granted[purpose, default: 0] += 1
                } catch {
                    guard case .wrote = world.journal.prepareStep() else { break }
                }
            }
        }
        // Each kind finds room after the one before has taken all that it may.
        for purpose in Purpose.allCases { #expect(granted[purpose] ?? 0 > 0, "\(purpose)") }
    }

    @Test func `a reservation may grow up to the size of a transaction`() throws {
        let world = try TestWorld()
        world.journal.prepareNow()
        var held = 0
        while held + 4128 <= world.options.transactionBytes {
            do throws(JournalRefusal) {
                try world.journal.reserve(4128, held: held)
                held += 4128
            } catch {
                try #require(error == .busy)
                world.journal.prepareNow()
            }
        }
        #expect(throws: JournalRefusal.tooLarge) { try world.journal.reserve(4128, held: held) }
        world.journal.release(held)
        try world.journal.reserve(100_000)
    }

    @Test func `what was reserved fits, however small the flushes are`() throws {
        let world = try TestWorld()
        let tenant = try world.create()
        world.flush()
        var commits = 0
        // Each in a flush of its own and witnessed: the worst use of the journal's space.
        while world.commit(tenant, world.randomChange(tenant)) != nil {
            world.flush()
            world.journal.witnessNow()
            world.journal.prepareNow()
            #expect(world.journal.durableLSN == world.journal.lastLSN)
            commits += 1
            try #require(commits < 10_000)
        }
        #expect(commits > 50)
        #expect(throws: JournalRefusal.journalFull) { try world.journal.reserve(4128 * 12) }
        try world.truncateJournal()
        #expect(world.commit(tenant, world.randomChange(tenant)) != nil)
    }

    @Test func `generations are never given twice`() throws {
        let world = try TestWorld()
        var seen: Set<Generation> = []
        for round in 0..<12 {
            for _ in 0..<(round % 5 + 1) { #expect(seen.insert(try world.journal.nextGeneration()).inserted) }
            try world.reopen(on: world.disk.crash(seed: UInt64(round), mode: .dropAll))
        }
    }
}
