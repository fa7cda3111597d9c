/// Looking at eight bytes of a JSON string at once.
enum JSONBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// A mask whose lowest set bit lies in the first byte of `word` that is a quote, a backslash, a control character or
    /// not ASCII; 0 if there is none. Bits above the lowest may be false.
    ///
    /// - Parameter word: eight bytes, the first one lowest.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let found = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word | word
        return found & highs
    }

    /// The index of the first byte that a mask from `special` marks.
    @inline(__always)
    static func first(_ mask: UInt64) -> Int { mask.trailingZeroBitCount &>> 3 }
}
