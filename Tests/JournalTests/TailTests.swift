import Seams
import Simulator
import Testing
import Vocabulary

@testable import Journal

/// Where reading stops, and when that is damage (rule J5).
@Suite struct TailTests {
    /// A world with a few flushed commits; the last flush lies at the end of the segment being written.
    private func world(commits: Int = 6, faults: JournalFaults = JournalFaults()) throws -> (TestWorld, Int) {
        let world = try TestWorld(faults: faults)
        let tenant = try world.create()
        world.flush()
        for _ in 0..<commits {
            world.commit(tenant, world.randomChange(tenant))
            world.flush()
        }
        return (world, tenant)
    }

    /// The file of the segment being written, and where its last flush begins and ends.
    private func lastFlush(_ world: TestWorld) throws -> (path: String, start: Int, end: Int) {
        let found = try SegmentStore(files: world.disk, directory: TestWorld.journalPath).find(.read)
        let newest = found.filter { $0.header != nil }.max { $0.header!.sequence < $1.header!.sequence }!
        let store = SegmentStore(files: world.disk, directory: TestWorld.journalPath)
        var walk = SegmentWalk(
            ChainLink(slot: newest.slot, header: newest.header!, limit: nil), faults: JournalFaults())
        var last = (start: 0, end: 0)
        while let flush = try walk.next() { last = (flush.offset, flush.offset + 64 + flush.header.payloadLength) }
        return (store.path(newest.slot.number), last.start, last.end)
    }

    @Test func `a tail torn at any byte leaves everything before it`() throws {
        let (world, tenant) = try world()
        let before = world.journal.lastLSN
        // Not acknowledged: whatever is left of it, what was acknowledged must be there.
        for _ in 0..<3 { world.commit(tenant, world.randomChange(tenant)) }
        world.journal.flushNow()
        let (path, start, end) = try lastFlush(world)
        let image = world.disk.bytes(of: path)!
        for cut in start...end {
            let disk = world.disk.copy()
            disk.put(Array(image[..<cut]) + [UInt8](repeating: 0, count: image.count - cut), at: path)
            let opened = try Journal.open(
                TestWorld.journalPath, files: disk, time: world.time, random: world.random, options: .tiny,
                onFatal: { _ in })
            // The very last byte of an entry may be a zero by itself.
            let isWhole = image[cut...].prefix(end - cut).allSatisfy { $0 == 0 }
            #expect(opened.report.lastLSN == (isWhole ? world.journal.lastLSN : before), "cut at \(cut)")
        }
    }

    @Test func `a changed byte in what was durable is damage, and its tenant and LSN are named`() throws {
        let (world, tenant) = try world()
        world.journal.witnessNow()
        let (path, start, _) = try lastRecordFlush(world)
        var image = world.disk.bytes(of: path)!
        image[start + 64 + 96 + 3] ^= 1
        world.disk.put(image, at: path)
        let last = world.journal.lastLSN
        let damage = JournalDamage(lsn: last, tenant: world.tenants[tenant].id, durable: last)
        #expect(throws: JournalError.damaged(damage)) {
            try world.reopen(on: world.disk.crash(seed: 1, mode: .keepAll))
        }

        let disk = world.disk.crash(seed: 1, mode: .keepAll)
        try world.reopen(on: disk, acceptLoss: true)
        #expect(world.report.accepted == damage)
        #expect(world.report.lastLSN == LSN(last.rawValue - 1))
        #expect(world.violations().count == 1, "the accepted loss and nothing else")
        // The loss is accepted once: afterwards the journal is sound.
        world.commit(tenant, world.randomChange(tenant))
        world.flush()
        try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
        #expect(world.report.accepted == nil)
        #expect(world.violations() == [])
    }

    /// The last flush with records in it, when a witness follows.
    private func lastRecordFlush(_ world: TestWorld) throws -> (path: String, start: Int, end: Int) {
        let (path, start, _) = try lastFlush(world)
        let found = try SegmentStore(files: world.disk, directory: TestWorld.journalPath).find(.read)
        let newest = found.filter { $0.header != nil }.max { $0.header!.sequence < $1.header!.sequence }!
        var walk = SegmentWalk(
            ChainLink(slot: newest.slot, header: newest.header!, limit: nil), faults: JournalFaults())
        var last = (start: 0, end: 0)
        while let flush = try walk.next(), flush.offset < start {
            if flush.header.recordCount > 0 { last = (flush.offset, flush.offset + 64 + flush.header.payloadLength) }
        }
        return (path, last.start, last.end)
    }

    @Test func `a segment that is gone is damage`() throws {
        let (world, tenant) = try world()
        var round = 0
        while world.journal.segments.count < 4 {
            world.commit(tenant, world.randomChange(tenant))
            world.flush()
            world.journal.prepareNow()
            round += 1
            try #require(round < 1000)
        }
        let second = world.journal.segments[1]
        let disk = world.disk.crash(seed: 1, mode: .keepAll)
        let store = SegmentStore(files: disk, directory: TestWorld.journalPath)
        let found = try store.find(.read)
        let number = try #require(found.first { $0.header?.firstLSN == second.firstLSN }).slot.number
        try disk.remove(store.path(number))
        do {
            try world.reopen(on: disk)
            Issue.record("opened without a segment")
        } catch let error as JournalError {
            guard case .damaged(let damage) = error else { throw error }
            #expect(damage.lsn == second.firstLSN)
        }
    }

    @Test func `an idle journal's last flush is witnessed, and so is lost only as damage`() throws {
        let (world, _) = try world()
        let last = world.journal.lastLSN
        let (path, start, end) = try lastFlush(world)
        var zeroed = world.disk.bytes(of: path)!
        zeroed.replaceSubrange(start..<end, with: repeatElement(0, count: end - start))

        let unwitnessed = world.disk.copy()
        unwitnessed.put(zeroed, at: path)
        let opened = try Journal.open(
            TestWorld.journalPath, files: unwitnessed, time: world.time, random: world.random, options: .tiny,
            onFatal: { _ in })
        #expect(opened.report.lastLSN < last)

        world.journal.witnessNow()
        var witnessed = world.disk.bytes(of: path)!
        witnessed.replaceSubrange(start..<end, with: repeatElement(0, count: end - start))
        world.disk.put(witnessed, at: path)
        #expect(throws: JournalError.self) { try world.reopen(on: world.disk.crash(seed: 1, mode: .keepAll)) }
    }

    /// Pages whose content looks like a flush header, at every offset that the format can give a page: without the salt in
    /// the checksum one of them is taken for a witness, and a torn tail for damage.
    private func forge(faults: JournalFaults) throws -> JournalError? {
        let world = try TestWorld(faults: faults)
        let tenant = try world.create()
        world.flush()
        var forged = [UInt8](repeating: 0, count: 64)
        let header = FlushHeader(
            sequence: 1, durable: LSN(1 << 40), firstLSN: LSN(3), payloadLength: 0, recordCount: 0, digest: 0)
        forged.withUnsafeMutableBytes { header.write(to: $0.baseAddress!, salt: 0) }
        var pages = world.tenants[tenant].now!.pages
        for _ in 0..<3 {
            var page = Page(world.random.bytes(4096))
            // A flush header, a record header and an entry before the first page, an entry before each later one.
            let start = (4096 - (64 + 96 + 16 * (pages.count - 1)) % 4096) % 4096
            page.replaceSubrange(start..<(start + 64), with: forged)
            pages.append(page)
        }
        world.commit(tenant, pages)
        world.journal.flushNow()
        let (path, start, _) = try lastFlush(world)
        var image = world.disk.bytes(of: path)!
        image[start + 70] ^= 0xFF
        world.disk.put(image, at: path)
        do {
            try world.reopen(on: world.disk.crash(seed: 1, mode: .keepAll))
            return nil
        } catch let error as JournalError {
            return error
        }
    }

    @Test func `tenants cannot forge a flush header`() throws {
        #expect(try forge(faults: JournalFaults()) == nil)
    }

    @Test func `without the salt they could`() throws {
        var faults = JournalFaults()
        faults.unsaltedFlushes = true
        #expect(try forge(faults: faults) != nil)
    }

    @Test func `a segment used again does not show what was in it before`() throws {
        let world = try TestWorld(seed: 3)
        let tenant = try world.create()
        for round in 0..<300 {
            world.commit(tenant, world.randomChange(tenant))
            world.flush()
            world.journal.prepareNow()
            if round % 10 == 9 { try world.truncateJournal() }
        }
        let slots = world.journal.sizeBytes / world.options.segmentBytes
        #expect(slots < 12, "segments were used again")
        // A torn flush in a segment full of old, intact flushes.
        world.commit(tenant, world.randomChange(tenant))
        world.disk.inject(.tear(seed: 5), on: .write)
        world.journal.flushNow()
        try world.reopen(on: world.disk.crash(seed: 1, mode: .keepAll))
        #expect(world.violations() == [])
    }

    @Test func `a segment whose first block is gone is read by the header in its last`() throws {
        for filler in [UInt8(0), 0xA5] {
            let (world, tenant) = try world()
            world.commit(tenant, world.randomChange(tenant))
            world.flush()
            world.journal.witnessNow()
            let (path, _, _) = try lastFlush(world)
            var image = world.disk.bytes(of: path)!
            image.replaceSubrange(0..<4096, with: repeatElement(filler, count: 4096))
            world.disk.put(image, at: path)
            try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
            #expect(world.violations() == [])
        }
    }

    @Test func `a first block that cannot be read is as good as gone`() throws {
        let (world, _) = try world()
        world.journal.witnessNow()
        let left = world.disk.crash(seed: 1, mode: .dropAll)
        var opened: [Int] = []
        for nth in 1...8 {
            let disk = left.copy()
            disk.inject(.fail(errno: 5), on: .read, nth: nth)
            let found = try? Journal.open(
                TestWorld.journalPath, files: disk, time: world.time, random: world.random, options: .tiny,
                onFatal: { _ in })
            guard let found else { continue }
            #expect(found.report.lastLSN == world.journal.lastLSN, "read \(nth)")
            opened.append(nth)
        }
        // The first reading is the manifest's; then come the first and the last block of each segment.
        #expect(opened.contains(2) && opened.contains(3))
    }

    @Test func `a manifest that says more than any segment is damage`() throws {
        let (world, _) = try world()
        try world.checkpoint(0)
        try world.journal.advanceRecoveryPoint(to: LSN(3), nodeState: nil)
        let disk = world.disk.crash(seed: 1, mode: .keepAll)
        for name in try disk.list(TestWorld.journalPath) where name.hasSuffix(".segment") {
            try disk.remove(TestWorld.journalPath + "/" + name)
        }
        let damage = JournalDamage(lsn: LSN(4), tenant: nil, durable: world.journal.durableLSN)
        #expect(throws: JournalError.damaged(damage)) { try world.reopen(on: disk) }
    }

    /// Three flushes of three records each, a witness, and three more; the recovery point somewhere in between. Everything
    /// below it that is broken is nobody's loss.
    @Test(arguments: 4...11) func `damage below the recovery point is none`(point: Int) throws {
        let world = try TestWorld(seed: 21)
        let tenant = try world.create()
        world.flush()
        for round in 0..<4 {
            if round == 3 { world.journal.witnessNow() }
            for _ in 0..<3 { world.commit(tenant, world.randomChange(tenant)) }
            world.flush()
        }
        world.journal.witnessNow()
        try world.checkpoint(tenant)
        try world.disk.fileSystem(holding: "/data")?.sync()
        try world.journal.advanceRecoveryPoint(to: LSN(UInt64(point)), nodeState: nil)
        let left = world.disk.crash(seed: 1, mode: .dropAll)
        for (path, place) in try Self.places(below: LSN(UInt64(point)), left) {
            let disk = left.copy()
            var image = disk.bytes(of: path)!
            image[place] ^= 0x40
            disk.put(image, at: path)
            let opened = try Journal.open(
                TestWorld.journalPath, files: disk, time: world.time, random: world.random, options: .tiny,
                onFatal: { _ in })
            #expect(opened.report.lastLSN == world.journal.lastLSN, "byte \(place)")
        }
    }

    /// A byte of each flush header, record header and record body that nobody needs any more.
    private static func places(below point: LSN, _ disk: SimulatedDisk) throws -> [(String, Int)] {
        let store = SegmentStore(files: disk, directory: TestWorld.journalPath)
        let found = try store.find(.read).filter { $0.header != nil }
        var places: [(String, Int)] = []
        for file in found {
            var walk = SegmentWalk(
                ChainLink(slot: file.slot, header: file.header!, limit: nil), faults: JournalFaults())
            while let flush = try walk.next() {
                let last = flush.header.firstLSN.rawValue + UInt64(flush.header.recordCount)
                let path = store.path(file.slot.number)
                if last <= point.rawValue + 1, flush.header.recordCount > 0 { places.append((path, flush.offset + 20)) }
                var records = FlushRecords(flush.payload, first: flush.header.firstLSN)
                var offset = flush.offset + FlushHeader.size
                while let record = records.next() {
                    if record.header.lsn <= point {
                        if last <= point.rawValue + 1 { places.append((path, offset + 30)) }
                        places.append((path, offset + RecordHeader.size + 1))
                    }
                    offset += record.header.length
                }
            }
        }
        return places
    }
}
