import Seams
import Vocabulary

/// A file that holds one segment at a time.
struct SegmentSlot: Sendable {
    /// Part of its file name; never changes.
    let number: Int
    /// Kept open as long as the journal is: a full descriptor table must not stop a flush.
    let file: any File
    let length: Int
}

/// A segment with records that may still be needed.
struct UsedSegment: Sendable {
    let slot: SegmentSlot
    let sequence: UInt64
    let firstLSN: LSN
    /// When it was begun.
    let begun: Instant
}

/// Which files are ready, which are in use: a plain value, so that the rule of reuse (J3) can be read in one place.
struct SegmentPool {
    private(set) var ready: [SegmentSlot] = []
    /// Oldest first; the last one is being written.
    private(set) var used: [UsedSegment] = []
    private var nextNumber: Int
    private var nextSequence: UInt64
    /// Files being prepared: they count against the maximum.
    private var beingPrepared = 0
    let maximum: Int

    init(ready: [SegmentSlot], used: [UsedSegment], nextNumber: Int, nextSequence: UInt64, maximum: Int) {
        self.ready = ready
        self.used = used
        self.nextNumber = nextNumber
        self.nextSequence = nextSequence
        self.maximum = maximum
    }

    var count: Int { ready.count + used.count }
    var mayGrow: Bool { growth > 0 }
    /// Files that may still be made.
    var growth: Int { max(0, maximum - count - beingPrepared) }
    var bytes: Int { ready.reduce(0) { $0 + $1.length } + usedBytes }
    var usedBytes: Int { used.reduce(0) { $0 + $1.slot.length } }

    /// The number for a new file, if one more is allowed.
    mutating func startPreparing() -> Int? {
        guard mayGrow else { return nil }
        beingPrepared += 1
        return takeNumber()
    }

    /// - Parameter slot: nil if preparing failed.
    mutating func finishPreparing(_ slot: SegmentSlot?) {
        beingPrepared -= 1
        if let slot { ready.append(slot) }
    }

    /// Takes a ready file into use.
    mutating func begin(firstLSN: LSN, now: Instant) -> UsedSegment? {
        guard !ready.isEmpty else { return nil }
        return begin(ready.removeFirst(), firstLSN: firstLSN, now: now)
    }

    /// The shortest ready file of at least that length.
    mutating func takeReady(atLeast length: Int) -> SegmentSlot? {
        guard
            let index = ready.indices.filter({ ready[$0].length >= length }).min(by: {
                ready[$0].length < ready[$1].length
            })
        else { return nil }
        return ready.remove(at: index)
    }

    /// A number for a new file, allowed or not.
    mutating func takeNumber() -> Int {
        defer { nextNumber += 1 }
        return nextNumber
    }

    mutating func begin(_ slot: SegmentSlot, firstLSN: LSN, now: Instant) -> UsedSegment {
        let segment = UsedSegment(slot: slot, sequence: nextSequence, firstLSN: firstLSN, begun: now)
        nextSequence += 1
        used.append(segment)
        return segment
    }

    /// Gives up all files.
    mutating func takeAll() -> [SegmentSlot] {
        defer {
            ready = []
            used = []
        }
        return ready + used.map(\.slot)
    }

    /// Makes every segment ready again whose records all lie at or below the recovery point. The last one stays, since
    /// it is being written.
    ///
    /// A segment that holds nothing (its successor begins at its own first LSN) is freed with its predecessor, never
    /// before: the chain is cut from its old end only.
    mutating func free(upTo point: LSN) -> Bool {
        let needed = used.indices.dropLast().first { used[$0 + 1].firstLSN > point.next } ?? max(0, used.count - 1)
        guard needed > 0 else { return false }
        ready.append(contentsOf: used[..<needed].map(\.slot))
        used.removeFirst(needed)
        return true
    }
}
