/// Sizes and times of the journal. Bytes and nanoseconds.
package struct JournalOptions: Sendable {
    package static let defaultPartBytes = 1 << 20

    /// Bytes of a segment; a multiple of 4096.
    package var segmentBytes = 64 << 20
    /// Bytes of all segments together: the bound of what may be needed at once.
    package var journalBytes = 2 << 30
    /// Bytes that may be reserved and waiting to be flushed together.
    package var bufferBytes = 16 << 20
    /// The most that one record's body takes; a larger commit goes out in parts.
    package var partBytes = defaultPartBytes
    /// The most that one transaction may reserve.
    package var transactionBytes = 256 << 20
    /// The most that one flush writes, so that a large commit's parts do not keep the others waiting.
    package var flushBytes = 8 << 20
    /// Pause after a flush that found load, so that more gathers. Alone in flight, flushes follow at once.
    package var flushPause: UInt64 = 400_000
    /// Records in the last flush from which on there is load.
    package var loadRecords = 4
    /// Idle time after which an empty flush witnesses the last one.
    package var witnessDelay: UInt64 = 50_000_000
    /// Segments kept ready beyond the current one.
    package var readyAhead = 2
    /// A file of this size is given up when the disk is full. 0 for none.
    package var ballastBytes = 64 << 20
    /// Time between attempts to find room on a full disk.
    package var retryPause: UInt64 = 1_000_000_000
    /// Generations handed out per write of the manifest.
    package var generationBlock: UInt64 = 1024

    package init() {}

    /// The largest record.
    var recordBytes: Int { RecordHeader.size + partBytes }
    var maximumSegments: Int { journalBytes / segmentBytes }

    /// Bytes of records that certainly fit in a segment with so many bytes left: a flush never crosses segments, so that
    /// less than one record's worth is wasted at the end; one block is kept for a witness.
    func usable(_ left: Int) -> Int { max(0, left - recordBytes - 3 * Block.size) }

    /// The same for a segment of so many bytes that nothing was written to but its two headers.
    func usable(ofSegment length: Int) -> Int { usable(length - 2 * Block.size) }

    /// Journal space that a transaction with so many reserved bytes takes at the very worst: each of its records in a
    /// flush of its own, followed by a witness.
    func space(_ bytes: Int) -> Int {
        guard bytes > 0 else { return 0 }
        return bytes + (bytes / (partBytes - PageEntry.maximumSize) + 1) * Self.recordOverhead
    }

    static let recordOverhead = RecordHeader.size + FlushHeader.size + 2 * Block.size

    /// Bytes of records that a full journal certainly holds, one segment being written and one being freed.
    private var capacity: Int { (maximumSegments - 2) * usable(ofSegment: segmentBytes) }

    /// The part of it that ordinary reservations may not use.
    var reliefSpace: Int { capacity / 4 }

    func space(keptFrom purpose: Purpose) -> Int {
        switch purpose {
        case .ordinary: reliefSpace
        case .relief: reliefSpace / 2
        case .upkeep: 0
        }
    }

    func validated() throws(JournalError) {
        guard segmentBytes % Block.size == 0 else { throw .options("the segment size must be a multiple of 4096") }
        guard partBytes >= 2 * PageEntry.maximumSize else { throw .options("a part must hold at least two pages") }
        guard usable(ofSegment: segmentBytes) >= recordBytes else {
            throw .options("a segment must hold several parts")
        }
        guard maximumSegments >= 3 else { throw .options("the journal must have room for three segments") }
        guard flushBytes >= recordBytes else { throw .options("a flush must hold at least one part") }
        guard bufferBytes >= 2 * PageEntry.maximumSize else { throw .options("the buffer must hold two pages") }
        guard space(transactionBytes) <= capacity - reliefSpace else {
            throw .options("the journal must have room for the largest transaction")
        }
    }
}
