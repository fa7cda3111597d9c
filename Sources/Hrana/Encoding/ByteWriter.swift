/// A growing buffer of bytes, kept and reused from answer to answer.
///
/// It has one owner and cannot be copied, so it may be handed from a lane to an event loop without locking. It knows no
/// bound of its own: whoever writes rows compares `count` with the limit on results between rows.
package struct ByteWriter: ~Copyable, @unchecked Sendable {
    // Unchecked, because of the pointer: nobody else has it.
    private var base: UnsafeMutableRawPointer
    /// Bytes written.
    package private(set) var count = 0
    /// Bytes that fit before memory is asked for again.
    package private(set) var capacity: Int

    package init(capacity: Int = 1024) {
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// What was written. Valid until the next mutation.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Forgets everything written.
    package mutating func removeAll(keepingCapacity: Bool) {
        count = 0
        guard !keepingCapacity else { return }
        base.deallocate()
        capacity = 64
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    /// Forgets what was written after the first `count` bytes: rolls a half-written result back.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "truncating beyond what was written")
        self.count = count
    }

    // MARK: Appending

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    @inline(__always)
    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count &+= bytes.count
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Overwrites bytes written before, for example a length that was not known then.
    package mutating func overwrite(at offset: Int, with bytes: UnsafeRawBufferPointer) {
        precondition(offset >= 0 && offset + bytes.count <= count, "overwriting beyond what was written")
        guard let source = bytes.baseAddress else { return }
        (base + offset).copyMemory(from: source, byteCount: bytes.count)
    }

    /// Takes bytes out; what follows them moves down.
    mutating func remove(at offset: Int, count removed: Int) {
        precondition(offset >= 0 && removed >= 0 && offset + removed <= count, "removing beyond what was written")
        let tail = offset + removed
        (base + offset).copyMemory(from: base + tail, byteCount: count - tail)
        count &-= removed
    }

    // MARK: Raw space

    /// Makes room for `extra` more bytes.
    @inline(__always)
    package mutating func reserve(_ extra: Int) {
        if capacity &- count < extra { grow(extra) }
    }

    /// The byte written last; 0 if there is none.
    @inline(__always)
    var last: UInt8 { count > 0 ? base.load(fromByteOffset: count &- 1, as: UInt8.self) : 0 }

    /// Room reserved behind what is written: fill it from the start, then `commit` what was filled.
    @inline(__always)
    var space: UnsafeMutableRawPointer { base + count }

    /// - Precondition: `count` bytes were reserved and filled.
    @inline(__always)
    mutating func commit(_ count: Int) {
        assert(count <= capacity - self.count)
        self.count &+= count
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let capacity = max(self.capacity * 2, count + extra)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        grown.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = grown
        self.capacity = capacity
    }
}
