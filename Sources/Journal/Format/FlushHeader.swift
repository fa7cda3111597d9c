package import Vocabulary

/// The first 64 bytes of a flush, at the beginning of a 4 KiB block (version 1), little-endian:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | magic `RHJF` |
/// | 4 | 4 | version, 1 |
/// | 8 | 8 | sequence number of the segment |
/// | 16 | 8 | durable LSN when it was written |
/// | 24 | 8 | first LSN in it; the next one if it is empty |
/// | 32 | 4 | bytes of records behind the header |
/// | 36 | 4 | number of records |
/// | 40 | 4 | digest: CRC32C over the header checksums (4 bytes each) of all its records, in order |
/// | 44 | 16 | zero |
/// | 60 | 4 | CRC32C of the segment's salt (8 bytes) followed by bytes 0–59 |
package struct FlushHeader: Hashable, Sendable {
    package static let size = 64
    static let magic: UInt32 = 0x464A_4852
    static let version: UInt32 = 1

    package var sequence: UInt64
    /// Every record up to this one was synced before this flush was written: the flush is its witness.
    package var durable: LSN
    package var firstLSN: LSN
    package var payloadLength: Int
    package var recordCount: Int
    /// Tells a whole flush from one whose tail is what stood there before.
    package var digest: UInt32

    /// Bytes on disk: header and records, up to the next block.
    package var paddedLength: Int { Block.roundUp(Self.size + payloadLength) }

    init(sequence: UInt64, durable: LSN, firstLSN: LSN, payloadLength: Int, recordCount: Int, digest: UInt32) {
        self.sequence = sequence
        self.durable = durable
        self.firstLSN = firstLSN
        self.payloadLength = payloadLength
        self.recordCount = recordCount
        self.digest = digest
    }

    func write(to target: UnsafeMutableRawPointer, salt: UInt64) {
        target.initializeMemory(as: UInt8.self, repeating: 0, count: Self.size)
        target.put(Self.magic, at: 0)
        target.put(Self.version, at: 4)
        target.put(sequence, at: 8)
        target.put(durable.rawValue, at: 16)
        target.put(firstLSN.rawValue, at: 24)
        target.put(UInt32(payloadLength), at: 32)
        target.put(UInt32(recordCount), at: 36)
        target.put(digest, at: 40)
        target.put(Self.checksum(UnsafeRawPointer(target), salt: salt), at: 60)
    }

    /// - Parameter bytes: At least 64 bytes.
    /// - Returns: nil if this is not an intact flush header of the segment.
    init?(at bytes: UnsafeRawPointer, of segment: SegmentHeader) {
        guard bytes.get(0) == Self.magic, bytes.get(4) == Self.version, bytes.get(8) == segment.sequence,
            bytes.get(60) == Self.checksum(bytes, salt: segment.salt)
        else { return nil }
        self.init(
            sequence: bytes.get(8), durable: LSN(bytes.get(16)), firstLSN: LSN(bytes.get(24)),
            payloadLength: Int(bytes.get(32, as: UInt32.self)), recordCount: Int(bytes.get(36, as: UInt32.self)),
            digest: bytes.get(40))
    }

    /// A header as a reader would see it that trusts anything of the right shape; for proofs only.
    init?(unsalted bytes: UnsafeRawPointer) {
        guard bytes.get(0) == Self.magic, bytes.get(4) == Self.version else { return nil }
        self.init(
            sequence: bytes.get(8), durable: LSN(bytes.get(16)), firstLSN: LSN(bytes.get(24)),
            payloadLength: Int(bytes.get(32, as: UInt32.self)), recordCount: Int(bytes.get(36, as: UInt32.self)),
            digest: bytes.get(40))
    }

    private static func checksum(_ bytes: UnsafeRawPointer, salt: UInt64) -> UInt32 {
        let seed = withUnsafeBytes(of: salt.littleEndian) { CRC32C.of($0) }
        return CRC32C.of(UnsafeRawBufferPointer(start: bytes, count: 60), seed: seed)
    }
}

/// The digest of a flush, record by record.
struct FlushDigest {
    private(set) var value: UInt32 = 0

    /// - Parameter header: The 96 bytes of a record's stamped header.
    mutating func add(header: UnsafeRawPointer) {
        value = CRC32C.of(UnsafeRawBufferPointer(start: header + 92, count: 4), seed: value)
    }
}
