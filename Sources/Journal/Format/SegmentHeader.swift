package import Vocabulary

/// What stands at the beginning of a segment and at its end, once in each of the eight 512-byte sectors of its first block
/// and of its last, so that one bad sector or block loses nothing. 64 bytes (version 1), little-endian:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | magic `RHJS` |
/// | 4 | 4 | version, 1 |
/// | 8 | 8 | sequence number of the segment |
/// | 16 | 8 | salt |
/// | 24 | 8 | first LSN |
/// | 32 | 8 | bytes of the segment |
/// | 40 | 20 | zero |
/// | 60 | 4 | CRC32C of bytes 0–59 |
package struct SegmentHeader: Hashable, Sendable {
    static let size = 64
    static let sectorSize = 512
    static let magic: UInt32 = 0x534A_4852
    static let version: UInt32 = 1

    /// Grows by at least one from segment to segment; never used twice.
    package var sequence: UInt64
    /// Random; part of every flush header's checksum, so that no tenant can write something that looks like one.
    package var salt: UInt64
    /// The LSN of the first record in it. It supersedes that LSN and all later ones in earlier segments.
    package var firstLSN: LSN
    /// Bytes of the whole segment.
    package var length: Int

    init(sequence: UInt64, salt: UInt64, firstLSN: LSN, length: Int) {
        self.sequence = sequence
        self.salt = salt
        self.firstLSN = firstLSN
        self.length = length
    }

    /// Fills a whole block.
    func write(toBlock block: UnsafeMutableRawPointer) {
        block.initializeMemory(as: UInt8.self, repeating: 0, count: Block.size)
        for sector in stride(from: 0, to: Block.size, by: Self.sectorSize) {
            let target = block + sector
            target.put(Self.magic, at: 0)
            target.put(Self.version, at: 4)
            target.put(sequence, at: 8)
            target.put(salt, at: 16)
            target.put(firstLSN.rawValue, at: 24)
            target.put(UInt64(length), at: 32)
            target.put(CRC32C.of(UnsafeRawBufferPointer(start: target, count: 60)), at: 60)
        }
    }

    /// Reads the newest intact copy out of a block; nil if there is none.
    init?(block: UnsafeRawPointer) {
        let copies = stride(from: 0, to: Block.size, by: Self.sectorSize).compactMap { Self(sector: block + $0) }
        // A header torn while a segment was used again leaves old copies beside new ones.
        guard let newest = copies.max(by: { $0.sequence < $1.sequence }) else { return nil }
        self = newest
    }

    private init?(sector: UnsafeRawPointer) {
        guard sector.get(0) == Self.magic, sector.get(4) == Self.version,
            sector.get(60) == CRC32C.of(UnsafeRawBufferPointer(start: sector, count: 60)),
            let length = Int(exactly: sector.get(32, as: UInt64.self))
        else { return nil }
        self.init(
            sequence: sector.get(8), salt: sector.get(16), firstLSN: LSN(sector.get(24)), length: length)
    }
}
