import Seams
import Vocabulary

/// The segment being written: where the next flush goes, and the memory for its header.
///
/// Belongs to whoever holds the flusher's turn.
struct OpenSegment {
    let slot: SegmentSlot
    let header: SegmentHeader
    /// Where the next flush begins: a fresh block.
    private(set) var offset = Block.size
    /// The segment's own header goes out with its first flush, into its first block and its last.
    private var isHeaderWritten = false

    init(_ segment: UsedSegment, salt: UInt64) {
        slot = segment.slot
        header = SegmentHeader(
            sequence: segment.sequence, salt: salt, firstLSN: segment.firstLSN, length: segment.slot.length)
    }

    /// Where the second header lies.
    private var lastBlock: Int { slot.length - Block.size }
    /// Bytes of records that a flush here may take; one more block is kept for a witness.
    var payloadRoom: Int { max(0, left - Block.size - FlushHeader.size) }
    var hasWitnessRoom: Bool { left >= Block.size }
    /// Bytes left for flushes.
    var left: Int { lastBlock - offset }

    /// Writes one flush, not synced, and moves behind it.
    ///
    /// - Parameter payload: Whole records, in LSN order.
    mutating func write(_ flush: FlushHeader, _ payload: [UnsafeRawBufferPointer]) throws(FileError) {
        let padding = flush.paddedLength - FlushHeader.size - flush.payloadLength
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 3 * Block.size, alignment: 16)
        defer { memory.deallocate() }
        let (first, zeros) = (memory + Block.size, memory + 2 * Block.size)
        flush.write(to: first, salt: header.salt)
        zeros.initializeMemory(as: UInt8.self, repeating: 0, count: Block.size)
        let vector =
            [UnsafeRawBufferPointer(start: first, count: FlushHeader.size)] + payload
            + [UnsafeRawBufferPointer(start: zeros, count: padding)]
        if isHeaderWritten {
            try slot.file.write(vector: vector, at: Int64(offset))
        } else {
            header.write(toBlock: memory)
            let block = UnsafeRawBufferPointer(start: memory, count: Block.size)
            try slot.file.write(vector: [block] + vector, at: 0)
            try slot.file.write(block, at: Int64(lastBlock))
            isHeaderWritten = true
        }
        offset += flush.paddedLength
    }

    mutating func writeHeader() throws(FileError) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Block.size, alignment: 16)
        defer { memory.deallocate() }
        header.write(toBlock: memory)
        let block = UnsafeRawBufferPointer(start: memory, count: Block.size)
        for offset in [0, lastBlock] { try slot.file.write(block, at: Int64(offset)) }
        isHeaderWritten = true
    }

    /// Writes records of earlier segments as they are, before there is a header: until then the segment does not exist.
    mutating func rehome(_ records: [[UInt8]], durable: LSN) throws(FileError) {
        let joined = records.flatMap { $0 }
        var digest = FlushDigest()
        for record in records { record.withUnsafeBytes { digest.add(header: $0.baseAddress!) } }
        let flush = FlushHeader(
            sequence: header.sequence, durable: durable, firstLSN: header.firstLSN, payloadLength: joined.count,
            recordCount: records.count, digest: digest.value)
        isHeaderWritten = true
        let result: Result<Void, FileError> = joined.withUnsafeBytes { bytes in
            do throws(FileError) { return .success(try write(flush, [bytes])) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Moves back over the last flush; for the proof that this must not be done.
    mutating func rewind(to earlier: Int) { offset = earlier }
}
