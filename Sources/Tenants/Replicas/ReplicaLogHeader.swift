import Vocabulary

/// The beginning of a log of frames: which generation, after which state. 64 bytes, little-endian, the last 8 a hash of the rest.
struct ReplicaLogHeader: Equatable, Sendable {
    static let bytes = 64
    private static let magic: UInt64 = 0x3130_474F_4C50_4552  // "REPLOG01"

    var generation: UInt32
    var basePages: UInt32
    var bookmark: Bookmark
    /// XOR of the hashes of the base's pages.
    var baseSum: UInt64
    var origin: ReplicaOrigin?
    /// The last number that replicas may have been told for frames that are not in the log, -1 for none.
    var promised: Int64 = -1

    var encoded: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.bytes)
        bytes.withUnsafeMutableBytes { raw in
            raw.storeBytes(of: Self.magic.littleEndian, toByteOffset: 0, as: UInt64.self)
            raw.storeBytes(of: generation.littleEndian, toByteOffset: 8, as: UInt32.self)
            raw.storeBytes(of: basePages.littleEndian, toByteOffset: 12, as: UInt32.self)
            raw.storeBytes(of: bookmark.epoch.rawValue.littleEndian, toByteOffset: 16, as: UInt64.self)
            raw.storeBytes(of: bookmark.txid.rawValue.littleEndian, toByteOffset: 24, as: UInt64.self)
            raw.storeBytes(of: baseSum.littleEndian, toByteOffset: 32, as: UInt64.self)
            raw.storeBytes(of: (origin?.generation ?? 0).littleEndian, toByteOffset: 40, as: UInt32.self)
            raw.storeBytes(of: (origin?.frame ?? 0).littleEndian, toByteOffset: 44, as: UInt32.self)
            raw.storeBytes(of: (origin?.hash ?? 0).littleEndian, toByteOffset: 48, as: UInt32.self)
            raw.storeBytes(of: UInt32(clamping: promised + 1).littleEndian, toByteOffset: 52, as: UInt32.self)
            let hash = Self.hash(UnsafeRawBufferPointer(raw))
            raw.storeBytes(of: hash.littleEndian, toByteOffset: 56, as: UInt64.self)
        }
        return bytes
    }

    /// - Returns: nil for what is no such header, whole.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.bytes else { return nil }
        let read = bytes.withUnsafeBytes { raw -> ReplicaLogHeader? in
            func number(_ offset: Int) -> UInt64 {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
            guard number(0) == Self.magic, number(56) == Self.hash(raw) else { return nil }
            let (numbers, place) = (number(8), number(40))
            let origin = ReplicaOrigin(
                generation: UInt32(truncatingIfNeeded: place), frame: UInt32(place >> 32),
                hash: UInt32(truncatingIfNeeded: number(48)))
            return ReplicaLogHeader(
                generation: UInt32(truncatingIfNeeded: numbers), basePages: UInt32(numbers >> 32),
                bookmark: Bookmark(epoch: Epoch(number(16)), txid: TxID(number(24))), baseSum: number(32),
                origin: origin.generation == 0 ? nil : origin, promised: Int64(number(48) >> 32) - 1)
        }
        guard let read, read.generation >= 2, read.generation % 2 == 0, read.basePages > 0 else { return nil }
        self = read
    }

    init(
        generation: UInt32, basePages: UInt32, bookmark: Bookmark, baseSum: UInt64, origin: ReplicaOrigin? = nil,
        promised: Int64 = -1
    ) {
        self.generation = generation
        self.basePages = basePages
        self.bookmark = bookmark
        self.baseSum = baseSum
        self.origin = origin
        self.promised = promised
    }

    private static func hash(_ raw: UnsafeRawBufferPointer) -> UInt64 {
        PageHash.xxh64(UnsafeRawBufferPointer(rebasing: raw[..<56]), seed: 0)
    }

    /// Where a frame lies in the file.
    static func offset(ofFrame frame: UInt32) -> Int64 {
        Int64(bytes) + Int64(frame - 1) * Int64(ReplicaFrame.bytes)
    }
}
