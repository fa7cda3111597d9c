import Seams
import Simulator
import Testing
import Vocabulary

@testable import Journal

/// The bytes on disk, against values computed elsewhere: they never change within a version.
@Suite struct FormatTests {
    @Test func `CRC32C gives the known sums`() {
        #expect(Array("123456789".utf8).withUnsafeBytes { CRC32C.of($0) } == 0xE306_9283)
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { CRC32C.of($0) } == 0x8A91_36AA)
        #expect([UInt8](repeating: 0xFF, count: 32).withUnsafeBytes { CRC32C.of($0) } == 0x62A8_AB43)
        #expect([UInt8](0..<32).withUnsafeBytes { CRC32C.of($0) } == 0x46DD_794E)
    }

    @Test func `CRC32C goes on from a seed`() {
        let bytes = [UInt8](0..<255)
        let whole = bytes.withUnsafeBytes { CRC32C.of($0) }
        for cut in 0..<255 {
            let first = Array(bytes[..<cut]).withUnsafeBytes { CRC32C.of($0) }
            #expect(Array(bytes[cut...]).withUnsafeBytes { CRC32C.of($0, seed: first) } == whole)
        }
    }

    @Test func `page hashes are XXH64`() {
        #expect([UInt8]().withUnsafeBytes { PageHash.xxh64($0, seed: 0) } == 0xEF46_DB37_51D8_E999)
        #expect(Array("abc".utf8).withUnsafeBytes { PageHash.xxh64($0, seed: 0) } == 0x44BC_2CF5_AD77_0999)
    }

    private static let stamp = RecordStamp(
        tenant: TenantID(0x0102_0304_0506_0708), generation: Generation(3), epoch: Epoch(4), txid: TxID(5),
        time: WallTime(milliseconds: 1_700_000_000_123))

    @Test func `a record has its documented bytes`() {
        let expected = hex(
            "52484a52010100007700000075aaa6eb2a00000000000000080706050403020103000000000000000400000000000000"
                + "05000000000000007b68e5cf8b0100000df0fecaefbeadde090000000a0000000000000001000000000000006b5be522"
                + "0700000001000700887766554433221118000300616263")
        let encoder = RecordEncoder()
        let previous = Page(repeating: 0, count: 4096)
        var current = previous
        current.replaceSubrange(24..<27, with: Array("abc".utf8))
        encoder.begin(pageCountBefore: 9)
        previous.withUnsafeBytes { old in
            current.withUnsafeBytes { new in
                encoder.append(
                    page: 7, previous: old.baseAddress, current: new.baseAddress!, hash: 0x1122_3344_5566_7788)
            }
        }
        encoder.finish(Self.stamp, pageCount: 10, checksum: 0xDEAD_BEEF_CAFE_F00D)
        RecordHeader.stamp(encoder.current.base, lsn: LSN(42))
        #expect(Array(encoder.current.bytes) == expected)

        expected.withUnsafeBytes { bytes in
            let header = RecordHeader(at: bytes.baseAddress!, available: bytes.count)
            #expect(header?.lsn == LSN(42))
            #expect(header?.state.pageCount == 10)
            #expect(header?.bodyLength == 23)
            #expect(RecordHeader(at: bytes.baseAddress!, available: bytes.count - 1) == nil)
        }
    }

    @Test func `a flush header has its documented bytes`() {
        let expected = hex(
            "52484a4601000000060000000000000029000000000000002a000000000000007700000001000000ec31cb22"
                + "000000000000000000000000000000006ee83c68")
        var digest = FlushDigest()
        var record = [UInt8](repeating: 0, count: 96)
        record.replaceSubrange(92..<96, with: hex("6b5be522"))
        record.withUnsafeBytes { digest.add(header: $0.baseAddress!) }
        let flush = FlushHeader(
            sequence: 6, durable: LSN(41), firstLSN: LSN(42), payloadLength: 119, recordCount: 1, digest: digest.value)
        let segment = SegmentHeader(sequence: 6, salt: 0x0011_2233_4455_6677, firstLSN: LSN(42), length: 65536)
        var bytes = [UInt8](repeating: 0xFF, count: 64)
        bytes.withUnsafeMutableBytes { flush.write(to: $0.baseAddress!, salt: segment.salt) }
        #expect(bytes == expected)
        bytes.withUnsafeBytes { #expect(FlushHeader(at: $0.baseAddress!, of: segment) == flush) }
        let other = SegmentHeader(sequence: 6, salt: 1, firstLSN: LSN(42), length: 65536)
        bytes.withUnsafeBytes { #expect(FlushHeader(at: $0.baseAddress!, of: other) == nil) }
    }

    @Test func `a segment header has its documented bytes in every sector`() {
        let expected = hex(
            "52484a5301000000060000000000000077665544332211002a000000000000000000010000000000"
                + "0000000000000000000000000000000000000000800cb7e1")
        let segment = SegmentHeader(sequence: 6, salt: 0x0011_2233_4455_6677, firstLSN: LSN(42), length: 65536)
        var block = [UInt8](repeating: 0xFF, count: 4096)
        block.withUnsafeMutableBytes { segment.write(toBlock: $0.baseAddress!) }
        for sector in 0..<8 {
            #expect(Array(block[(sector * 512)..<(sector * 512 + 64)]) == expected)
        }
        for sector in 0..<7 { block[sector * 512 + 20] ^= 1 }
        block.withUnsafeBytes { #expect(SegmentHeader(block: $0.baseAddress!) == segment) }
        block[7 * 512 + 20] ^= 1
        block.withUnsafeBytes { #expect(SegmentHeader(block: $0.baseAddress!) == nil) }
    }

    @Test func `the newest copy of a torn segment header counts`() {
        let old = SegmentHeader(sequence: 6, salt: 1, firstLSN: LSN(42), length: 65536)
        let new = SegmentHeader(sequence: 9, salt: 2, firstLSN: LSN(99), length: 65536)
        var block = [UInt8](repeating: 0, count: 8192)
        block.withUnsafeMutableBytes { bytes in
            old.write(toBlock: bytes.baseAddress!)
            new.write(toBlock: bytes.baseAddress! + 4096)
        }
        block.replaceSubrange(1024..<1536, with: Array(block[4096..<4608]))
        block.withUnsafeBytes { #expect(SegmentHeader(block: $0.baseAddress!) == new) }
    }

    private static let manifest = Manifest(
        recoveryPoint: LSN(100), durable: LSN(120), generationCeiling: Generation(2049),
        nodeState: TenantState(
            generation: Generation(7), epoch: Epoch(8), txid: TxID(9), time: WallTime(milliseconds: 1_700_000_000_456),
            pageCount: 11, checksum: 0xABCD_EF01_2345_6789))

    @Test func `a manifest has its documented bytes`() throws {
        let expected = hex(
            "52484a4d010000006400000000000000780000000000000001080000000000000100000000000000070000000000000008000000"
                + "000000000900000000000000c869e5cf8b0100000b000000000000008967452301efcdab000000000000000000000000"
                + "0000000000000000000000000000000000000000000000006f078376")
        #expect(Self.manifest.encoded() == expected)
        #expect(try Manifest(decoding: expected) == Self.manifest)
    }

    @Test func `a manifest with any byte changed is refused`() {
        let bytes = Self.manifest.encoded()
        for index in bytes.indices {
            var broken = bytes
            broken[index] ^= 0x40
            #expect(throws: JournalError.self) { try Manifest(decoding: broken) }
        }
    }
}
