import Synchronization

/// The bytes of one database's write-ahead log, in memory: segments that double in size and never move, so that readers
/// copy without a lock while the one writer appends.
///
/// Segment k holds `16 KiB << k` bytes and begins at `16 KiB * (2^k - 1)`. Only `removeAll` frees; SQLite calls it (as
/// a truncation to zero) while it holds every reader slot.
final class WALBuffer: @unchecked Sendable {
    // @unchecked: segment pointers are published atomically before the size that makes them reachable; bytes below
    // the size are written by the holder of SQLite's write lock only, and readers never look at frames being written.
    private static let firstSegmentBytes = 16 * 1024
    private static let segmentCount = 17  // 16 KiB * (2^17 - 1) = 2 GiB

    private let segments: UnsafeMutablePointer<Atomic<UInt>>
    private let size = Atomic<Int>(0)
    private let budget: WALBudget
    private var allocated = 0
    /// More was asked for than there may be, since it last began anew.
    private var wasRefused = false

    init(budget: WALBudget) {
        self.budget = budget
        segments = .allocate(capacity: Self.segmentCount)
        for k in 0..<Self.segmentCount { (segments + k).initialize(to: Atomic(0)) }
    }

    deinit {
        removeAll()
        segments.deinitialize(count: Self.segmentCount)
        segments.deallocate()
    }

    var count: Int { size.load(ordering: .acquiring) }

    /// Bytes held from the system, a little more than `count`.
    var capacity: Int { allocated }

    /// - Returns: false where the tenant's or the node's bound on log memory is met; nothing was written then.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        let end = offset + bytes.count
        guard ensureCapacity(end) else {
            wasRefused = true
            return false
        }
        var source = bytes.baseAddress!
        forEachPiece(offset, bytes.count) { piece, length in
            piece.copyMemory(from: source, byteCount: length)
            source += length
        }
        if end > size.load(ordering: .relaxed) { size.store(end, ordering: .releasing) }
        return true
    }

    /// Whether there is hardly room for more beside `live` bytes. Only on the writer's thread.
    func isFull(_ live: Int) -> Bool {
        if wasRefused { return true }
        let (segment, _) = Self.locate(allocated)
        return live >= allocated - allocated / 4 && allocated > 0
            && !budget.mayTake(Self.firstSegmentBytes << segment, held: allocated)
    }

    /// What is written next begins a new log.
    func restarted() { wasRefused = false }

    /// Copies what is there; fewer bytes only at the end.
    func read(into target: UnsafeMutableRawPointer, count: Int, at offset: Int) -> Int {
        let available = max(0, min(count, self.count - offset))
        var destination = target
        forEachPiece(offset, available) { piece, length in
            destination.copyMemory(from: piece, byteCount: length)
            destination += length
        }
        return available
    }

    /// The address of bytes that lie in one segment, or nil where they cross into the next.
    func contiguous(at offset: Int, count: Int) -> UnsafeRawPointer? {
        let (segment, within) = Self.locate(offset)
        guard within + count <= Self.firstSegmentBytes << segment else { return nil }
        return UnsafeRawPointer(base(segment) + within)
    }

    func bigEndian32(at offset: Int) -> UInt32 {
        if let address = contiguous(at: offset, count: 4) {
            return UInt32(bigEndian: address.loadUnaligned(as: UInt32.self))
        }
        var word: UInt32 = 0
        withUnsafeMutableBytes(of: &word) { _ = read(into: $0.baseAddress!, count: 4, at: offset) }
        return UInt32(bigEndian: word)
    }

    func removeAll() {
        size.store(0, ordering: .releasing)
        wasRefused = false
        for k in 0..<Self.segmentCount {
            let address = (segments + k).pointee.exchange(0, ordering: .acquiringAndReleasing)
            if let pointer = UnsafeMutableRawPointer(bitPattern: address) { pointer.deallocate() }
        }
        budget.give(back: allocated)
        allocated = 0
    }

    private func ensureCapacity(_ end: Int) -> Bool {
        while allocated < end {
            let (segment, _) = Self.locate(allocated)
            guard segment < Self.segmentCount else { return false }
            let bytes = Self.firstSegmentBytes << segment
            guard budget.take(bytes, held: allocated) else { return false }
            let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
            (segments + segment).pointee.store(UInt(bitPattern: pointer), ordering: .releasing)
            allocated += bytes
        }
        return true
    }

    private func base(_ segment: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: (segments + segment).pointee.load(ordering: .acquiring))!
    }

    private static func locate(_ offset: Int) -> (segment: Int, within: Int) {
        let block = UInt(offset / firstSegmentBytes + 1)
        let segment = UInt.bitWidth - 1 - block.leadingZeroBitCount
        return (segment, offset - firstSegmentBytes * ((1 << segment) - 1))
    }

    @inline(__always)
    private func forEachPiece(_ offset: Int, _ count: Int, _ body: (UnsafeMutableRawPointer, Int) -> Void) {
        var position = offset
        var left = count
        while left > 0 {
            let (segment, within) = Self.locate(position)
            let length = min(left, (Self.firstSegmentBytes << segment) - within)
            body(base(segment) + within, length)
            position += length
            left -= length
        }
    }
}

/// Bounds the memory of logs: of one tenant, and of all tenants of a node together.
package final class WALBudget: Sendable {
    private let perTenant: Int
    private let perNode: Int
    private let used = Atomic<Int>(0)

    package init(perTenant: Int, perNode: Int) {
        self.perTenant = perTenant
        self.perNode = perNode
    }

    package var usedBytes: Int { used.load(ordering: .relaxed) }
    package var limitBytes: Int { perNode }
    package var tenantLimitBytes: Int { perTenant }

    func take(_ bytes: Int, held: Int) -> Bool {
        // The first segment is always granted within the node's bound: a tenant that cannot write at all is broken.
        guard held == 0 || held + bytes <= perTenant else { return false }
        let (_, now) = used.add(bytes, ordering: .relaxed)
        if now <= perNode { return true }
        used.subtract(bytes, ordering: .relaxed)
        return false
    }

    /// As of now.
    func mayTake(_ bytes: Int, held: Int) -> Bool {
        (held == 0 || held + bytes <= perTenant) && used.load(ordering: .relaxed) + bytes <= perNode
    }

    func give(back bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}
