/// Writes responses in the Protocol Buffers form, straight from raw parts as `JSONWriter` does and with the same calls in
/// the same order.
///
/// A message's length stands before it and is known after it. So room for a length of any size is left, and closed up when
/// the message is small; a large one keeps a length with leading zeros, which every reader of varints takes.
///
/// `bytes.truncate(to:)` back to where an element began is allowed, as there: what had been begun since is forgotten with
/// the next element or end.
package struct ProtobufWriter: ~Copyable, Sendable {
    package var bytes: ByteWriter
    /// Where the lengths of the messages that have begun and not ended are.
    private var open: [Int] = []
    /// Of the batch being written: the step that comes next.
    var step: UInt64 = 0
    /// Where a cursor's entries stand in the message being written, if they are not messages of their own.
    var entryField: UInt8?

    /// Bytes left for a length: 35 bits.
    private static let room = 5
    /// Messages up to this size are moved to close up the room.
    private static let movable = 16 << 10

    package init(_ bytes: consuming ByteWriter = ByteWriter()) { self.bytes = bytes }

    // MARK: Messages

    mutating func start(_ field: UInt8) {
        forgetTruncated()
        bytes.tag(field, .bytes)
        start()
    }

    /// A message that is no field of another: only its length is written before it.
    mutating func start() {
        open.append(bytes.count)
        for _ in 0..<Self.room { bytes.append(0) }
    }

    mutating func end() {
        forgetTruncated()
        guard let at = open.popLast() else { preconditionFailure("a message ends that did not begin") }
        let length = bytes.count - at - Self.room
        let size = length <= Self.movable ? ByteWriter.varintLength(UInt64(length)) : Self.room
        withUnsafeTemporaryAllocation(byteCount: Self.room, alignment: 1) { room in
            var rest = UInt64(length)
            for index in 0..<size {
                room[index] = UInt8(truncatingIfNeeded: rest & 0x7F) | (index < size - 1 ? 0x80 : 0)
                rest >>= 7
            }
            bytes.overwrite(at: at, with: UnsafeRawBufferPointer(rebasing: room[..<size]))
        }
        bytes.remove(at: at + size, count: Self.room - size)
    }

    private mutating func forgetTruncated() {
        while let last = open.last, last + Self.room > bytes.count { open.removeLast() }
    }

    // MARK: Errors

    mutating func error(_ field: UInt8, _ error: HranaError) {
        start(field)
        bytes.text(1, error.message)
        if let code = error.code { bytes.text(2, code) }
        end()
    }
}
