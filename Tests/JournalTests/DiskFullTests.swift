import Seams
import Simulator
import Synchronization
import Testing
import Vocabulary

@testable import Journal

/// A full disk stops writes before they begin, and nothing else (rule J6).
@Suite struct DiskFullTests {
    private func fullWorld() throws -> (TestWorld, Int) {
        var options = JournalOptions.tiny
        options.ballastBytes = 3 * 64 * 1024
        let world = try TestWorld(options: options)
        let tenant = try world.create()
        world.flush()
        #expect(world.disk.bytes(of: TestWorld.journalPath + "/ballast")?.count == options.ballastBytes)
        world.disk.setCapacity(world.disk.usedBytes)
        return (world, tenant)
    }

    @Test func `commits go on until the prepared segments are used, then are refused, and all are kept`() throws {
        let (world, tenant) = try fullWorld()
        var commits = 0
        while world.commit(tenant, world.randomChange(tenant)) != nil {
            world.flush()
            world.journal.prepareNow()
            commits += 1
            try #require(commits < 1000)
        }
        #expect(commits > 3)
        #expect(world.fatal.value == nil)
        #expect(world.journal.isDiskFull)
        #expect(throws: JournalRefusal.diskFull) { try world.journal.reserve(4128) }
        #expect(world.disk.bytes(of: TestWorld.journalPath + "/ballast") == nil, "its room is for deletes")
        #expect(world.journal.durableLSN == world.journal.lastLSN)
        try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
        #expect(world.violations() == [])
    }

    /// Something on the disk that makes way.
    private final class Copies: DiskRelief {
        private let kept = Mutex(true)
        private let free: @Sendable () -> Void

        init(_ free: @escaping @Sendable () -> Void) { self.free = free }

        var hasAny: Bool { kept.withLock { $0 } }

        func letGo() -> Bool {
            let had = kept.withLock { kept in
                defer { kept = false }
                return kept
            }
            if had { free() }
            return had
        }
    }

    @Test func `what may make way does so before anything is refused`() throws {
        let (world, tenant) = try fullWorld()
        let (disk, full) = (world.disk, world.disk.usedBytes)
        let copies = Copies { disk.setCapacity(full + 2 * 64 * 1024) }
        world.journal.whenDiskFull(copies)
        // Met elsewhere it is no reason to refuse anything either.
        world.journal.reportDiskFull()
        try world.journal.reserve(4128)
        world.journal.release(4128)
        world.journal.prepareNow()
        #expect(!copies.hasAny && !world.journal.isDiskFull)
        var commits = 0
        while world.commit(tenant, world.randomChange(tenant)) != nil {
            world.flush()
            world.journal.prepareNow()
            commits += 1
            try #require(commits < 5_000)
        }
        #expect(world.journal.isDiskFull, "nothing is left that would make way")
        try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
        #expect(world.violations() == [])
    }

    @Test func `a segment that does not fit makes them go`() throws {
        let (world, tenant) = try fullWorld()
        let disk = world.disk
        let copies = Copies { disk.setCapacity(.max) }
        world.journal.whenDiskFull(copies)
        for _ in 0..<300 {
            #expect(world.commit(tenant, world.randomChange(tenant)) != nil)
            world.flush()
            world.journal.prepareNow()
            guard copies.hasAny else { break }
        }
        #expect(!copies.hasAny && !world.journal.isDiskFull)
        #expect(world.disk.bytes(of: TestWorld.journalPath + "/ballast") != nil, "it was not given up")
    }

    @Test func `what gives room back goes on`() throws {
        let (world, _) = try fullWorld()
        world.journal.reportDiskFull()
        #expect(throws: JournalRefusal.diskFull) { try world.journal.reserve(4128) }
        try world.journal.reserve(4128, for: .relief)
        world.journal.release(4128)
    }

    @Test func `it ends by itself when there is room, and the ballast is made again`() throws {
        let (world, tenant) = try fullWorld()
        while world.commit(tenant, world.randomChange(tenant)) != nil {
            world.flush()
            world.journal.prepareNow()
        }
        world.journal.prepareNow()
        #expect(world.journal.isDiskFull, "trying again without room changes nothing")
        world.disk.setCapacity(.max)
        world.journal.prepareNow()
        #expect(!world.journal.isDiskFull)
        #expect(world.commit(tenant, world.randomChange(tenant)) != nil)
        #expect(world.disk.bytes(of: TestWorld.journalPath + "/ballast") != nil)
    }

    @Test func `checkpoints give room by freeing segments`() throws {
        let (world, tenant) = try fullWorld()
        while world.commit(tenant, world.randomChange(tenant)) != nil {
            world.flush()
            world.journal.prepareNow()
        }
        try world.truncateJournal()
        world.journal.prepareNow()
        // The room of the ballast is not there to be made again, so ordinary writes wait, but relief has segments.
        try world.journal.reserve(4128 * 4, for: .relief)
    }

    @Test func `a failing device is not a full one`() throws {
        let (world, _) = try fullWorld()
        world.disk.setCapacity(.max)
        world.disk.inject(.fail(errno: 5), on: .write)
        _ = try? world.journal.reserve(world.options.transactionBytes)
        world.journal.prepareNow()
        #expect(world.fatal.value != nil)
        #expect(!world.journal.isDiskFull)
    }

    @Test func `a journal that cannot grow starts on a full disk by giving up its ballast`() throws {
        var options = JournalOptions.tiny
        options.ballastBytes = 3 * 64 * 1024
        let world = try TestWorld(options: options)
        let tenant = try world.create()
        // Every prepared segment in use, nothing freed.
        for _ in 0..<40 {
            guard (try? world.journal.reserve(4128 * 24)) != nil else { break }
            world.journal.release(4128 * 24)
            world.commit(tenant, world.randomChange(tenant))
            world.flush()
        }
        let disk = world.disk.crash(seed: 1, mode: .keepAll)
        disk.setCapacity(disk.usedBytes)
        for round in 0..<3 {
            try world.reopen(on: round == 0 ? disk : world.disk.crash(seed: 1, mode: .keepAll))
            #expect(world.violations() == [])
        }
    }
}
