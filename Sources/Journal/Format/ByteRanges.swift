/// Changed byte ranges of a page: what makes a commit of one row a hundred bytes rather than four thousand.
package enum ByteRanges {
    /// Ranges that would take more than this are not worth it: the page is stored whole.
    static let limit = 2048
    /// Equal bytes between two changes that are cheaper to repeat than to start a new range for.
    private static let wordsPerGap = 2
    private static let words = 512

    /// Writes the ranges in which `current` differs from `previous`.
    ///
    /// - Parameters:
    ///   - previous: 4096 bytes.
    ///   - current: 4096 bytes.
    ///   - target: Room for 4096 bytes.
    /// - Returns: Bytes written, or nil if the ranges would take more than `limit`.
    package static func encode(
        previous: UnsafeRawPointer, current: UnsafeRawPointer, into target: UnsafeMutableRawPointer
    ) -> Int? {
        var written = 0
        var word = nextDifference(previous, current, from: 0)
        while word < words {
            let start = word &* 8 &+ (difference(previous, current, word).trailingZeroBitCount &>> 3)
            var last = word
            var equal = 0
            word &+= 1
            while word < words, equal < wordsPerGap {
                if difference(previous, current, word) != 0 {
                    last = word
                    equal = 0
                } else {
                    equal &+= 1
                }
                word &+= 1
            }
            let end = last &* 8 &+ 8 &- (difference(previous, current, last).leadingZeroBitCount &>> 3)
            let length = end &- start
            guard written &+ 4 &+ length <= limit else { return nil }
            target.put(UInt16(truncatingIfNeeded: start), at: written)
            target.put(UInt16(truncatingIfNeeded: length), at: written &+ 2)
            (target + written + 4).copyMemory(from: current + start, byteCount: length)
            written &+= 4 &+ length
            word = nextDifference(previous, current, from: word)
        }
        return written
    }

    /// - Returns: false if a range does not lie within the page or the payload ends inside a range.
    package static func apply(_ payload: UnsafeRawBufferPointer, to page: UnsafeMutableRawPointer) -> Bool {
        guard let base = payload.baseAddress else { return true }
        var offset = 0
        while offset < payload.count {
            guard offset + 4 <= payload.count else { return false }
            let start = Int(base.get(offset, as: UInt16.self))
            let length = Int(base.get(offset + 2, as: UInt16.self))
            guard start + length <= 4096, offset + 4 + length <= payload.count else { return false }
            (page + start).copyMemory(from: base + offset + 4, byteCount: length)
            offset += 4 + length
        }
        return true
    }

    /// The 64-bit word in which the pages differ, as bits; the first byte is the lowest.
    @inline(__always)
    private static func difference(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ word: Int) -> UInt64 {
        a.get(word &* 8, as: UInt64.self) ^ b.get(word &* 8, as: UInt64.self)
    }

    /// The first word at or after `start` that differs, or 512. Eight words a step, since most of a page is equal.
    @inline(__always)
    private static func nextDifference(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, from start: Int) -> Int {
        var word = start
        while word & 7 != 0, word < words {
            if difference(a, b, word) != 0 { return word }
            word &+= 1
        }
        while word < words, differences(a, b, word) == 0 { word &+= 8 }
        while word < words, difference(a, b, word) == 0 { word &+= 1 }
        return word
    }

    /// Not zero if any of the eight words from `word` on differs.
    @inline(__always)
    private static func differences(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ word: Int) -> UInt64 {
        let low = difference(a, b, word) | difference(a, b, word &+ 1) | difference(a, b, word &+ 2)
        let middle = difference(a, b, word &+ 3) | difference(a, b, word &+ 4) | difference(a, b, word &+ 5)
        return low | middle | difference(a, b, word &+ 6) | difference(a, b, word &+ 7)
    }
}
