import Glibc
import Seams
import Simulator
import Synchronization
import Testing
import Vocabulary

@testable import Journal

/// With real threads.
@Suite struct FlushTests {
    /// Notes the order in which it is told.
    private final class Note: DurabilityWaiter {
        let lsn: LSN
        let journal: Journal
        let told: Told
        init(_ lsn: LSN, _ journal: Journal, _ told: Told) {
            (self.lsn, self.journal, self.told) = (lsn, journal, told)
        }
        func becameDurable() { told.add(lsn, isDurable: journal.durableLSN >= lsn) }
    }

    private final class Told: Sendable {
        private let value = Mutex<(lsns: [LSN], early: Int)>(([], 0))
        func add(_ lsn: LSN, isDurable: Bool) {
            value.withLock { value in
                value.lsns.append(lsn)
                if !isDurable { value.early += 1 }
            }
        }
        var lsns: [LSN] { value.withLock { $0.lsns } }
        var early: Int { value.withLock { $0.early } }
    }

    private static func open(
        _ disk: SimulatedDisk, onFatal: @escaping @Sendable (JournalError) -> Void = { _ in }
    ) throws -> Journal {
        try Journal.open(
            "/j", files: disk, time: SystemTime(), random: SeededRandom(seed: 1), options: .tiny, onFatal: onFatal
        ).journal
    }

    private static func commit(_ journal: Journal, _ tenant: UInt64, _ txid: UInt64) -> LSN {
        let encoder = journal.makeEncoder()
        let page = Page(repeating: UInt8(truncatingIfNeeded: txid), count: 4096)
        encoder.begin(pageCountBefore: 0)
        page.withUnsafeBytes { encoder.append(page: 1, previous: nil, current: $0.baseAddress!, hash: txid) }
        let stamp = RecordStamp(
            tenant: TenantID(tenant), generation: Generation(1), epoch: .first, txid: TxID(txid),
            time: WallTime(milliseconds: 0))
        encoder.finish(stamp, pageCount: 1, checksum: txid)
        return journal.append(encoder).last
    }

    @Test func `many threads commit and each is told once, in order, and not before`() throws {
        let disk = SimulatedDisk()
        let journal = try Self.open(disk)
        let told = Told()
        let threads = [Thread { journal.flushLoop() }, Thread { journal.prepareLoop() }]
        let writers = (0..<6).map { writer in
            Thread {
                for txid in 1...200 {
                    while (try? journal.reserve(4128, waitingAtMost: 1_000_000_000)) == nil {
                        try? journal.advanceRecoveryPoint(to: journal.durableLSN, nodeState: nil)
                    }
                    let lsn = Self.commit(journal, UInt64(writer) + 256, UInt64(txid))
                    journal.release(4128)
                    journal.whenDurable(lsn, Note(lsn, journal, told))
                    if txid % 50 == 0 { try? journal.waitUntilDurable(lsn) }
                    if txid % 20 == 0 { try? journal.advanceRecoveryPoint(to: journal.durableLSN, nodeState: nil) }
                }
            }
        }
        for writer in writers { writer.join() }
        journal.close()
        for thread in threads { thread.join() }
        #expect(told.early == 0)
        #expect(told.lsns.count == 1200)
        #expect(Set(told.lsns) == Set((1...1200).map { LSN($0) }))
    }

    @Test func `waiters are told in LSN order`() throws {
        let journal = try Self.open(SimulatedDisk())
        let told = Told()
        let lsns = (1...40).map { Self.commit(journal, 256, UInt64($0)) }
        for lsn in lsns.shuffled() { journal.whenDurable(lsn, Note(lsn, journal, told)) }
        #expect(told.lsns.isEmpty)
        journal.flushNow()
        #expect(told.lsns == lsns)
        journal.whenDurable(lsns[3], Note(lsns[3], journal, told))
        #expect(told.lsns.last == lsns[3])
    }

    @Test func `a failed sync ends acknowledging for good`() throws {
        let disk = SimulatedDisk()
        let fatal = FatalBox()
        let journal = try Self.open(disk) { fatal.set($0) }
        let told = Told()
        let lsn = Self.commit(journal, 256, 1)
        journal.whenDurable(lsn, Note(lsn, journal, told))
        disk.inject(.fail(errno: EIO), on: .sync, nth: 1)
        journal.flushNow()
        #expect(fatal.value != nil)
        _ = Self.commit(journal, 256, 2)
        journal.flushNow()
        #expect(journal.durableLSN == .none)
        #expect(told.lsns.isEmpty)
        #expect(throws: JournalRefusal.ended) { try journal.reserve(10) }
        #expect(throws: JournalError.self) { try journal.waitUntilDurable(lsn) }
        journal.close()
        #expect(journal.durableLSN == .none)
    }

    @Test func `closing flushes and witnesses everything`() throws {
        let disk = SimulatedDisk()
        let journal = try Self.open(disk)
        let lsn = Self.commit(journal, 256, 1)
        journal.close()
        #expect(journal.durableLSN == lsn)
        let opened = try Journal.open(
            "/j", files: disk.crash(seed: 1, mode: .dropAll), time: SystemTime(), random: SeededRandom(seed: 2),
            options: .tiny, onFatal: { _ in })
        #expect(opened.report.lastLSN == lsn)
        #expect(opened.report.rehomed == 0)
    }

    // MARK: Pacing

    private let at = Instant(nanoseconds: 1_000_000_000)

    @Test func `alone in flight a flush follows at once`() {
        var pacing = FlushPacing(lastFlush: at)
        pacing.flushed(records: 1, now: at)
        #expect(pacing.next(waitingBytes: 100, now: at, options: .init()) == .flush)
    }

    @Test func `under load a flush waits for more`() {
        var pacing = FlushPacing(lastFlush: at)
        pacing.flushed(records: 64, now: at)
        let later = at.advanced(byNanoseconds: 100_000)
        #expect(pacing.next(waitingBytes: 100, now: later, options: .init()) == .pause(nanoseconds: 300_000))
        #expect(pacing.next(waitingBytes: 5 << 20, now: later, options: .init()) == .flush)
        #expect(pacing.next(waitingBytes: 100, now: at.advanced(byNanoseconds: 400_000), options: .init()) == .flush)
    }

    @Test func `after idleness one witness is written`() {
        var pacing = FlushPacing(lastFlush: at)
        #expect(pacing.next(waitingBytes: 0, now: at, options: .init()) == .sleep(nanoseconds: nil))
        pacing.flushed(records: 1, now: at)
        #expect(pacing.next(waitingBytes: 0, now: at, options: .init()) == .sleep(nanoseconds: 50_000_000))
        let later = at.advanced(byNanoseconds: 50_000_000)
        #expect(pacing.next(waitingBytes: 0, now: later, options: .init()) == .witness)
        pacing.flushed(records: 0, now: later)
        #expect(pacing.next(waitingBytes: 0, now: later, options: .init()) == .sleep(nanoseconds: nil))
    }
}
