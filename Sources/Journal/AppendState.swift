import Seams
import Vocabulary

/// What goes to the disk in one flush.
struct FlushBatch {
    var blocks: [RecordBlock] = []
    var bytes = 0
    var records = 0
    /// The first record's LSN; the next one to be given if there is none.
    var firstLSN: LSN
    var lastLSN: LSN
}

/// Records that wait for the flusher, promises of room, and the files that back them: everything under the append lock,
/// as a plain value.
struct AppendState {
    /// Why nothing more is accepted.
    enum End {
        case failed(JournalError)
        case closed
    }

    private let options: JournalOptions
    var pool: SegmentPool
    /// Bytes that surely fit into the segment being written.
    var currentRoom = 0
    /// Refuses ordinary reservations until there is room on the device again.
    var diskFull = false
    /// A full disk was met, and something may make way.
    var isFullReported = false
    /// Journal space that a refused reservation asked for: more segments are to be prepared than usual.
    private var wantedSpace = 0
    var end: End?
    /// Large records above the recovery point.
    var parted: PartedRecords
    /// The flusher sleeps until something is appended.
    var flusherSleeps = false
    /// So much waits that the flusher was woken out of its pause already.
    private var isUrgencyKnown = false

    private(set) var nextLSN: LSN
    private var blocks: [RecordBlock] = []
    private var free: [RecordBlock] = []
    private var waitingBytes = 0
    private var waitingRecords = 0
    private var inFlightBytes = 0
    private var inFlightRecords = 0
    private var reservedBytes = 0
    private var reservedSpace = 0
    /// Bytes of the one reservation that may pass the buffer's bound; 0 if there is none.
    private var largeBytes = 0

    init(options: JournalOptions, pool: SegmentPool, nextLSN: LSN, parted: PartedRecords) {
        self.parted = parted
        self.options = options
        self.pool = pool
        self.nextLSN = nextLSN
    }

    mutating func takeFullReport() -> Bool {
        defer { isFullReported = false }
        return isFullReported
    }

    var isIdle: Bool { waitingRecords == 0 }
    var waiting: Int { waitingBytes }
    /// The last LSN given.
    var lastLSN: LSN { LSN(nextLSN.rawValue - 1) }

    // MARK: Reserving

    /// A reservation above this may pass the buffer's bound, but only one at a time.
    private var largeThreshold: Int { options.bufferBytes / 4 }

    /// Grows a reservation from `held` to `held + bytes`.
    mutating func reserve(_ bytes: Int, held: Int, for purpose: Purpose) -> JournalRefusal? {
        if end != nil { return .ended }
        let total = held + bytes
        guard total <= options.transactionBytes else { return .tooLarge }
        if diskFull, purpose == .ordinary { return .diskFull }
        let space = options.space(total) - options.space(held)
        let needed = reservedSpace + space + pendingSpace
        let kept = options.space(keptFrom: purpose)
        guard kept == 0 || needed + kept <= room + possibleRoom else { return refusalForRelief() }
        guard needed <= room else { return refusal(forSpace: needed) }
        guard fitsBuffer(total: total, held: held) else { return .busy }
        reservedSpace += space
        move(held: held, to: total)
        return nil
    }

    private func fitsBuffer(total: Int, held: Int) -> Bool {
        let pending = waitingBytes + inFlightBytes
        if total > largeThreshold {
            return pending <= options.bufferBytes && (largeBytes == 0 || held > largeThreshold)
        }
        return reservedBytes + total - held + pending <= options.bufferBytes
    }

    private mutating func move(held: Int, to total: Int) {
        if held > largeThreshold { largeBytes -= held } else { reservedBytes -= held }
        if total > largeThreshold { largeBytes += total } else { reservedBytes += total }
    }

    private mutating func refusal(forSpace needed: Int) -> JournalRefusal {
        if diskFull { return .diskFull }
        wantedSpace = max(wantedSpace, needed)
        return pool.mayGrow ? .busy : .journalFull
    }

    /// What is left is for the work that frees segments.
    private func refusalForRelief() -> JournalRefusal { diskFull ? .diskFull : .journalFull }

    mutating func release(_ bytes: Int) {
        reservedSpace -= options.space(bytes)
        move(held: bytes, to: 0)
    }

    /// Journal space that can be written without preparing anything.
    private var room: Int {
        pool.ready.reduce(currentRoom) { $0 + options.usable(ofSegment: $1.length) }
    }

    /// The same that preparing all segments that are still allowed would add.
    private var possibleRoom: Int { pool.growth * options.usable(ofSegment: options.segmentBytes) }

    private var pendingSpace: Int {
        waitingBytes + inFlightBytes + (waitingRecords + inFlightRecords) * JournalOptions.recordOverhead
    }

    // MARK: Appending

    /// Copies a short record behind the others.
    mutating func append(copying block: RecordBlock) -> LSN {
        if blocks.last.map({ $0.room < block.count || $0.capacity != options.recordBytes }) ?? true {
            blocks.append(free.popLast() ?? RecordBlock(capacity: options.recordBytes))
        }
        let tail = blocks[blocks.count - 1]
        let target = tail.base + tail.count
        target.copyMemory(from: block.base, byteCount: block.count)
        tail.count += block.count
        tail.records += 1
        return stamp(target, length: block.count)
    }

    /// Takes over a long record's memory.
    mutating func append(adopting block: RecordBlock) -> LSN {
        blocks.append(block)
        return stamp(block.base, length: block.count)
    }

    private mutating func stamp(_ header: UnsafeMutableRawPointer, length: Int) -> LSN {
        let lsn = nextLSN
        RecordHeader.stamp(header, lsn: lsn)
        nextLSN = lsn.next
        waitingBytes += length
        waitingRecords += 1
        return lsn
    }

    /// Ends a reservation after its records were appended.
    ///
    /// - Returns: Whether the flusher has to be woken.
    mutating func settle(_ reserved: Int) -> Bool {
        if reserved > 0 { release(reserved) }
        let isUrgent = waitingBytes >= options.flushBytes / 2 && !isUrgencyKnown
        if isUrgent { isUrgencyKnown = true }
        defer { flusherSleeps = false }
        return flusherSleeps || isUrgent
    }

    // MARK: Preparing

    /// A refused reservation waits for more segments than are usually kept ready.
    var wantsSpace: Bool { room < wantedSpace }

    /// Whether another file is to be made.
    var wantsPreparing: Bool { pool.mayGrow && (wantsSpace || pool.ready.count < options.readyAhead) }

    /// The number for the next file to be made.
    mutating func numberToPrepare() -> Int? { wantsPreparing ? pool.startPreparing() : nil }

    /// - Parameter slot: nil if it could not be made.
    mutating func finishPreparing(_ slot: SegmentSlot?) {
        pool.finishPreparing(slot)
        if !wantsSpace { wantedSpace = 0 }
    }

    // MARK: Flushing

    /// Takes what has gathered, in whole blocks of together at most `limit` bytes.
    mutating func take(atMost limit: Int) -> FlushBatch {
        let first = LSN(nextLSN.rawValue - UInt64(waitingRecords))
        var batch = FlushBatch(firstLSN: first, lastLSN: LSN(first.rawValue - 1))
        var taken = 0
        isUrgencyKnown = false
        while taken < blocks.count, batch.bytes + blocks[taken].count <= limit {
            batch.bytes += blocks[taken].count
            batch.records += blocks[taken].records
            taken += 1
        }
        batch.blocks = Array(blocks[..<taken])
        blocks.removeFirst(taken)
        batch.lastLSN = LSN(first.rawValue + UInt64(batch.records) - 1)
        waitingBytes -= batch.bytes
        waitingRecords -= batch.records
        inFlightBytes += batch.bytes
        inFlightRecords += batch.records
        return batch
    }

    /// The batch is on disk: its room in the buffer is free again.
    mutating func finish(_ batch: FlushBatch, currentRoom: Int) {
        inFlightBytes -= batch.bytes
        inFlightRecords -= batch.records
        self.currentRoom = currentRoom
        let kept = max(1, options.bufferBytes / options.recordBytes)
        for block in batch.blocks where free.count < kept && block.capacity == options.recordBytes {
            block.reset()
            free.append(block)
        }
    }
}
