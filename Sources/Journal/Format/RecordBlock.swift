/// A run of encoded records in memory, on its way from a committing thread to the disk.
///
/// Safe to hand from thread to thread because it has one owner at a time: the encoder until `append`, then the append
/// state (under its lock), then the flusher, then the pool of free blocks (under the same lock).
final class RecordBlock: @unchecked Sendable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var capacity: Int
    var count = 0
    /// Records in it.
    var records = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
    var room: Int { capacity - count }

    /// Makes room for `total` bytes in all, at least doubling so that growth is paid for once.
    func grow(to total: Int) {
        guard total > capacity else { return }
        let bigger = max(total, capacity * 2)
        let new = UnsafeMutableRawPointer.allocate(byteCount: bigger, alignment: 16)
        new.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = new
        capacity = bigger
    }

    func reset() {
        count = 0
        records = 0
    }
}
