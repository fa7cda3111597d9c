package import Vocabulary

/// The first 96 bytes of a record (version 1), little-endian:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | magic `RHJR` |
/// | 4 | 1 | version, 1 |
/// | 5 | 1 | kind |
/// | 6 | 2 | zero |
/// | 8 | 4 | length of header and body |
/// | 12 | 4 | CRC32C of the body |
/// | 16 | 8 | LSN |
/// | 24 | 8 | tenant |
/// | 32 | 8 | generation |
/// | 40 | 8 | epoch |
/// | 48 | 8 | TxID after |
/// | 56 | 8 | wall time, ms since 1970 |
/// | 64 | 8 | rolling checksum after |
/// | 72 | 4 | pages before |
/// | 76 | 4 | pages after |
/// | 80 | 4 | number of this part, from 0 |
/// | 84 | 4 | number of parts, 1 for a whole record |
/// | 88 | 4 | zero |
/// | 92 | 4 | CRC32C of bytes 0–91 |
package struct RecordHeader: Hashable, Sendable {
    package static let size = 96
    static let magic: UInt32 = 0x524A_4852
    static let version: UInt8 = 1

    package var kind: RecordKind
    /// Bytes of the body behind the header.
    package var bodyLength: Int
    package var bodyCRC: UInt32
    package var lsn: LSN
    package var tenant: TenantID
    package var generation: Generation
    package var epoch: Epoch
    package var txid: TxID
    package var time: WallTime
    /// XOR of the page hashes after this commit.
    package var checksum: UInt64
    package var pageCountBefore: UInt32
    package var pageCount: UInt32
    package var part: UInt32
    package var partCount: UInt32

    /// Header and body in bytes.
    package var length: Int { Self.size + bodyLength }

    /// The state of the tenant once this record (with all its parts) counts.
    package var state: TenantState {
        TenantState(
            generation: generation, epoch: epoch, txid: txid, time: time, pageCount: pageCount, checksum: checksum)
    }

    /// Writes everything but the LSN and the header's checksum.
    func write(to target: UnsafeMutableRawPointer) {
        target.put(Self.magic, at: 0)
        target.put(Self.version, at: 4)
        target.put(kind.rawValue, at: 5)
        target.put(UInt16(0), at: 6)
        target.put(UInt32(length), at: 8)
        target.put(bodyCRC, at: 12)
        target.put(tenant.rawValue, at: 24)
        target.put(generation.rawValue, at: 32)
        target.put(epoch.rawValue, at: 40)
        target.put(txid.rawValue, at: 48)
        target.put(time.milliseconds, at: 56)
        target.put(checksum, at: 64)
        target.put(pageCountBefore, at: 72)
        target.put(pageCount, at: 76)
        target.put(part, at: 80)
        target.put(partCount, at: 84)
        target.put(UInt32(0), at: 88)
    }

    /// Gives a written header its LSN: all that is left to do under the append lock.
    @inline(__always)
    static func stamp(_ target: UnsafeMutableRawPointer, lsn: LSN) {
        target.put(lsn.rawValue, at: 16)
        target.put(CRC32C.of(UnsafeRawBufferPointer(start: target, count: 92)), at: 92)
    }

    /// - Parameters:
    ///   - bytes: At least 96 bytes.
    ///   - available: Bytes from the header on that the record may take at most.
    /// - Returns: nil if this is not an intact header of a record that fits.
    init?(at bytes: UnsafeRawPointer, available: Int) {
        guard available >= Self.size, bytes.get(0) == Self.magic, bytes.get(4) == Self.version,
            bytes.get(92) == CRC32C.of(UnsafeRawBufferPointer(start: bytes, count: 92)),
            let kind = RecordKind(rawValue: bytes.get(5))
        else { return nil }
        let length = Int(bytes.get(8, as: UInt32.self))
        guard length >= Self.size, length <= available else { return nil }
        self.kind = kind
        bodyLength = length - Self.size
        bodyCRC = bytes.get(12)
        lsn = LSN(bytes.get(16))
        tenant = TenantID(bytes.get(24))
        generation = Generation(bytes.get(32))
        epoch = Epoch(bytes.get(40))
        txid = TxID(bytes.get(48))
        time = WallTime(milliseconds: bytes.get(56))
        checksum = bytes.get(64)
        pageCountBefore = bytes.get(72)
        pageCount = bytes.get(76)
        part = bytes.get(80)
        partCount = bytes.get(84)
    }

    init(
        kind: RecordKind, stamp: RecordStamp, pages: PageCounts, checksum: UInt64, part: UInt32 = 0,
        partCount: UInt32 = 1, bodyLength: Int = 0, bodyCRC: UInt32 = 0
    ) {
        self.kind = kind
        self.bodyLength = bodyLength
        self.bodyCRC = bodyCRC
        lsn = .none
        tenant = stamp.tenant
        generation = stamp.generation
        epoch = stamp.epoch
        txid = stamp.txid
        time = stamp.time
        self.checksum = checksum
        pageCountBefore = pages.before
        pageCount = pages.after
        self.part = part
        self.partCount = partCount
    }
}

/// Size of a database around a commit, in pages of 4096 bytes.
package struct PageCounts: Hashable, Sendable {
    package var before: UInt32
    package var after: UInt32

    package init(before: UInt32, after: UInt32) {
        self.before = before
        self.after = after
    }
}
