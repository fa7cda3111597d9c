/// How a page's new content is stored.
package enum PageEncoding: UInt8, Sendable {
    /// Changed byte ranges against the page's previous image: (offset u16, length u16, bytes) until the payload ends.
    case ranges = 1
    /// All 4096 bytes.
    case whole = 2
    /// All 4096 bytes as one LZ4 block (no frame).
    case lz4 = 3
}

/// A page in a record's body: 16 bytes of entry, then the payload. Little-endian:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | page number, from 1 |
/// | 4 | 1 | encoding |
/// | 5 | 1 | zero |
/// | 6 | 2 | bytes of payload |
/// | 8 | 8 | hash of the whole page after the change (XXH64 seeded with the page number) |
package struct PageEntry {
    package static let headerSize = 16
    /// The most that one page takes in a record.
    package static let maximumSize = headerSize + 4096

    package var number: UInt32
    package var encoding: PageEncoding
    package var hash: UInt64
    package var payload: UnsafeRawBufferPointer

    @inline(__always)
    static func write(
        to target: UnsafeMutableRawPointer, number: UInt32, encoding: PageEncoding, payloadLength: Int, hash: UInt64
    ) {
        target.put(number, at: 0)
        target.put(encoding.rawValue, at: 4)
        target.put(UInt8(0), at: 5)
        target.put(UInt16(payloadLength), at: 6)
        target.put(hash, at: 8)
    }

    /// Brings a page image to the state after the change.
    ///
    /// - Parameter page: 4096 bytes; the previous image where the encoding is `ranges`.
    /// - Returns: false if the payload is malformed; the image is then undefined.
    package func apply(to page: UnsafeMutableRawPointer) -> Bool {
        switch encoding {
        case .ranges:
            return ByteRanges.apply(payload, to: page)
        case .whole:
            guard payload.count == 4096 else { return false }
            page.copyMemory(from: payload.baseAddress!, byteCount: 4096)
            return true
        case .lz4:
            return LZ4.decompress(payload, into: UnsafeMutableRawBufferPointer(start: page, count: 4096))
        }
    }
}

/// The pages of a record's body, in order.
package struct PageEntries: Sequence, IteratorProtocol {
    private let body: UnsafeRawBufferPointer
    private var offset = 0
    /// Whether the body ended where an entry ended. Meaningful once `next` returned nil.
    package private(set) var isWellFormed = true

    package init(_ body: UnsafeRawBufferPointer) { self.body = body }

    package mutating func next() -> PageEntry? {
        guard offset < body.count, let base = body.baseAddress else { return nil }
        guard offset + PageEntry.headerSize <= body.count else { return stop() }
        let entry = base + offset
        let length = Int(entry.get(6, as: UInt16.self))
        let end = offset + PageEntry.headerSize + length
        guard end <= body.count, let encoding = PageEncoding(rawValue: entry.get(4)) else { return stop() }
        let number: UInt32 = entry.get(0)
        guard number > 0 else { return stop() }
        let payload = body.part(offset + PageEntry.headerSize, length)
        offset = end
        return PageEntry(number: number, encoding: encoding, hash: entry.get(8), payload: payload)
    }

    private mutating func stop() -> PageEntry? {
        isWellFormed = false
        offset = body.count
        return nil
    }
}
