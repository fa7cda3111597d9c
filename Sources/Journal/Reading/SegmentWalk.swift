import Seams
import Vocabulary

/// Reads one segment flush by flush. Not Sendable.
struct SegmentWalk {
    /// A flush whose header is intact.
    struct Flush {
        let offset: Int
        let header: FlushHeader
        /// Valid until the next read from the walk.
        let payload: UnsafeRawBufferPointer
    }

    let link: ChainLink
    private let window: DiskWindow
    private let faults: JournalFaults
    private var offset = Block.size

    /// Where the next flush is looked for.
    var position: Int { offset }

    init(_ link: ChainLink, faults: JournalFaults) {
        self.link = link
        self.faults = faults
        window = DiskWindow(file: link.slot.file, length: link.header.length)
    }

    /// The flush at the current place, or nil if there is none. Moves behind it.
    mutating func next() throws(FileError) -> Flush? {
        guard let header = try header(at: offset),
            offset + FlushHeader.size + header.payloadLength <= link.header.length,
            let bytes = try window.bytes(at: offset, count: FlushHeader.size + header.payloadLength)
        else { return nil }
        let payload = UnsafeRawBufferPointer(start: bytes + FlushHeader.size, count: header.payloadLength)
        defer { offset += header.paddedLength }
        return Flush(offset: offset, header: header, payload: payload)
    }

    private func header(at offset: Int) throws(FileError) -> FlushHeader? {
        guard let bytes = try window.bytes(at: offset, count: FlushHeader.size) else { return nil }
        if faults.unsaltedFlushes { return FlushHeader(unsalted: bytes) }
        return FlushHeader(at: bytes, of: link.header)
    }

    /// Moves to the last flush that begins at or below `lsn`, stepping over what is not intact: damage below the
    /// recovery point is no damage any more.
    mutating func seek(_ lsn: LSN) throws(FileError) {
        var best = offset
        while offset < link.header.length {
            guard let header = try header(at: offset) else {
                offset += Block.size
                continue
            }
            if header.firstLSN > lsn { break }
            best = offset
            offset += header.paddedLength
        }
        offset = best
    }

    /// The highest durable LSN that any intact flush header from `start` on claims, block by block.
    func claims(from start: Int) throws(FileError) -> LSN {
        var highest = LSN.none
        for position in stride(from: start, to: link.header.length, by: Block.size) {
            if let header = try header(at: position) { highest = max(highest, header.durable) }
        }
        return highest
    }
}
