import CSQLite
import Glibc
import Synchronization

/// SQLite's wal-index and its eight locks, in memory and shared by the connections of this process to one database.
///
/// Slots: 0 write, 1 checkpoint, 2 recover, 3–7 the readers' marks (https://sqlite.org/walformat.html).
final class WALIndex: @unchecked Sendable {
    // @unchecked: regions are published atomically and never move while a handle has them mapped; slots are atomics.
    static let writeSlot = 0
    static let checkpointSlot = 1
    private static let slotCount = 8
    private static let regionBytes = 32 * 1024
    /// 64 regions index 262,144 frames, about 1 GiB of log: above every tenant's bound.
    private static let regionCount = 64

    private let slots: UnsafeMutablePointer<Atomic<Int32>>
    private let regions: UnsafeMutablePointer<Atomic<UInt>>
    private let mapped = Mutex(0)
    private let fence = Atomic<UInt64>(0)

    init() {
        slots = .allocate(capacity: Self.slotCount)
        for slot in 0..<Self.slotCount { (slots + slot).initialize(to: Atomic(0)) }
        regions = .allocate(capacity: Self.regionCount)
        for region in 0..<Self.regionCount { (regions + region).initialize(to: Atomic(0)) }
    }

    deinit {
        freeRegions()
        slots.deinitialize(count: Self.slotCount)
        slots.deallocate()
        regions.deinitialize(count: Self.regionCount)
        regions.deallocate()
    }

    /// A handle maps its first region.
    func attach() { mapped.withLock { $0 += 1 } }

    /// A handle lets go; with the last one the regions of an empty log go.
    ///
    /// Those of a log with commits stay: SQLite would rebuild them from the log and end at the first frame without a valid
    /// checksum. SQLite 3.40 commits such frames (a page that a transaction wrote into the log twice, and a return to a
    /// savepoint before it, leave checksums for frames behind that are never computed).
    func detach(isLogEmpty: Bool) {
        mapped.withLock { count in
            count -= 1
            if count == 0, isLogEmpty { freeRegions() }
        }
    }

    /// - Returns: SQLITE_OK with the region's address, or with nil where it is missing and not to be made.
    func region(_ index: Int, extend: Bool) -> (code: Int32, address: UnsafeMutableRawPointer?) {
        guard index < Self.regionCount else { return (SQLITE_FULL, nil) }
        let known = (regions + index).pointee.load(ordering: .acquiring)
        if let address = UnsafeMutableRawPointer(bitPattern: known) { return (SQLITE_OK, address) }
        guard extend else { return (SQLITE_OK, nil) }
        return mapped.withLock { _ in
            let again = (regions + index).pointee.load(ordering: .acquiring)
            if let address = UnsafeMutableRawPointer(bitPattern: again) { return (SQLITE_OK, address) }
            guard let fresh = mmap(nil, Self.regionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                fresh != MAP_FAILED
            else { return (SQLITE_IOERR_NOMEM_CODE, nil) }
            (regions + index).pointee.store(UInt(bitPattern: fresh), ordering: .releasing)
            return (SQLITE_OK, fresh)
        }
    }

    /// After the log was truncated: the first region's hash pages are dead weight (28 KiB a tenant).
    func releaseMemory() {
        let known = regions.pointee.load(ordering: .acquiring)
        guard let first = UnsafeMutableRawPointer(bitPattern: known) else { return }
        madvise(first + 4096, Self.regionBytes - 4096, MADV_DONTNEED)
    }

    /// A read-modify-write rather than a bare fence: as fast, and thread sanitizers can see it.
    func barrier() { fence.add(1, ordering: .sequentiallyConsistent) }

    func lockShared(_ slot: Int) -> Bool {
        var holders = (slots + slot).pointee.load(ordering: .relaxed)
        while holders >= 0 {
            let attempt = (slots + slot).pointee.weakCompareExchange(
                expected: holders, desired: holders + 1, ordering: .acquiringAndReleasing)
            if attempt.exchanged { return true }
            holders = attempt.original
        }
        return false
    }

    func unlockShared(_ slot: Int) { (slots + slot).pointee.subtract(1, ordering: .acquiringAndReleasing) }

    /// All slots of the range or none.
    func lockExclusive(_ range: Range<Int>) -> Bool {
        for slot in range {
            let attempt = (slots + slot).pointee.compareExchange(
                expected: 0, desired: -1, ordering: .acquiringAndReleasing)
            if attempt.exchanged { continue }
            unlockExclusive(range.lowerBound..<slot)
            return false
        }
        return true
    }

    func unlockExclusive(_ range: Range<Int>) {
        for slot in range { (slots + slot).pointee.store(0, ordering: .releasing) }
    }

    /// Keeps every reader and writer out for a moment.
    func lockEverything() -> Bool { lockExclusive(0..<Self.slotCount) }
    func unlockEverything() { unlockExclusive(0..<Self.slotCount) }

    /// Tells all connections that the database is not what they remember of it: their next transaction finds another
    /// change counter, drops what it has cached, and asks the file for its size. To be called with all locks held and
    /// nothing in the log.
    ///
    /// What is written is the header that a commit would write, twice, as https://sqlite.org/walformat.html has it.
    func announceChange() {
        let known = regions.pointee.load(ordering: .acquiring)
        guard let first = UnsafeMutablePointer<UInt32>(bitPattern: known) else { return }
        // Without it no connection has read anything yet.
        guard UnsafeRawPointer(first).load(fromByteOffset: 12, as: UInt8.self) != 0 else { return }
        var header = Array(UnsafeBufferPointer(start: first, count: Header.words))
        header[Header.changeCounter] &+= 1
        header[Header.lastFrame] = 0
        header[Header.pageCount] = 0
        (header[Header.checksum], header[Header.checksum + 1]) = Self.checksum(header[..<Header.checksum])
        // The second copy first: whoever reads in between finds them different and reads again.
        for copy in [1, 0] {
            (first + copy * Header.words).update(from: header, count: Header.words)
            barrier()
        }
    }

    /// Places of 32-bit words.
    private enum Header {
        static let changeCounter = 2
        static let lastFrame = 4
        static let pageCount = 5
        static let checksum = 10
        static let words = 12
    }

    private static func checksum(_ words: ArraySlice<UInt32>) -> (UInt32, UInt32) {
        var sums: (UInt32, UInt32) = (0, 0)
        for index in stride(from: words.startIndex, to: words.endIndex, by: 2) {
            sums.0 &+= words[index] &+ sums.1
            sums.1 &+= words[index + 1] &+ sums.0
        }
        return sums
    }

    private func freeRegions() {
        for index in 0..<Self.regionCount {
            let address = (regions + index).pointee.exchange(0, ordering: .acquiringAndReleasing)
            if let pointer = UnsafeMutableRawPointer(bitPattern: address) { munmap(pointer, Self.regionBytes) }
        }
    }
}

/// SQLITE_IOERR_NOMEM: a computed macro, which Swift does not import.
let SQLITE_IOERR_NOMEM_CODE: Int32 = SQLITE_IOERR | (12 << 8)
let SQLITE_IOERR_READ_CODE: Int32 = SQLITE_IOERR | (1 << 8)
let SQLITE_IOERR_SHORT_READ_CODE: Int32 = SQLITE_IOERR | (2 << 8)
let SQLITE_IOERR_WRITE_CODE: Int32 = SQLITE_IOERR | (3 << 8)
let SQLITE_IOERR_TRUNCATE_CODE: Int32 = SQLITE_IOERR | (6 << 8)
