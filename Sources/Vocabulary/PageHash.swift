/// The 64-bit hash of one database page: XXH64 of its bytes, seeded with its page number.
///
/// Format: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md (XXH64). One function serves as the page hash in
/// a journal record and as the term of the rolling checksum, which is the XOR of it over all pages.
package enum PageHash {
    package static let pageSize = 4096

    /// - Parameter page: 4096 bytes.
    package static func of(page: UnsafeRawPointer, number: UInt32) -> UInt64 {
        xxh64(UnsafeRawBufferPointer(start: page, count: pageSize), seed: UInt64(number))
    }

    /// The term of a page that growth skipped: it reads as zeros.
    package static func ofZeroPage(number: UInt32) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: pageSize, alignment: 8) { zeros in
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            return xxh64(UnsafeRawBufferPointer(zeros), seed: UInt64(number))
        }
    }

    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    @inline(__always)
    private static func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 { (value &<< by) | (value &>> (64 &- by)) }

    @inline(__always)
    private static func round(_ accumulator: UInt64, _ lane: UInt64) -> UInt64 {
        rotate(accumulator &+ lane &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func merge(_ accumulator: UInt64, _ value: UInt64) -> UInt64 {
        (accumulator ^ round(0, value)) &* prime1 &+ prime4
    }

    package static func xxh64(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var hash: UInt64
        var offset = 0
        let count = bytes.count
        if count >= 32, let base = bytes.baseAddress {
            var a = seed &+ prime1 &+ prime2
            var b = seed &+ prime2
            var c = seed
            var d = seed &- prime1
            let end = count - 32
            while offset <= end {
                a = round(a, UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                b = round(b, UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)))
                c = round(c, UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset &+ 16, as: UInt64.self)))
                d = round(d, UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset &+ 24, as: UInt64.self)))
                offset &+= 32
            }
            hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
            hash = merge(hash, a)
            hash = merge(hash, b)
            hash = merge(hash, c)
            hash = merge(hash, d)
        } else {
            hash = seed &+ prime5
        }
        return finish(hash &+ UInt64(count), bytes, from: offset)
    }

    private static func finish(_ start: UInt64, _ bytes: UnsafeRawBufferPointer, from start2: Int) -> UInt64 {
        var hash = start
        var offset = start2
        while offset + 8 <= bytes.count {
            let lane = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            hash = rotate(hash ^ round(0, lane), 27) &* prime1 &+ prime4
            offset += 8
        }
        if offset + 4 <= bytes.count {
            let lane = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            hash = rotate(hash ^ (lane &* prime1), 23) &* prime2 &+ prime3
            offset += 4
        }
        while offset < bytes.count {
            hash = rotate(hash ^ (UInt64(bytes[offset]) &* prime5), 11) &* prime1
            offset += 1
        }
        hash = (hash ^ (hash &>> 33)) &* prime2
        hash = (hash ^ (hash &>> 29)) &* prime3
        return hash ^ (hash &>> 32)
    }
}
