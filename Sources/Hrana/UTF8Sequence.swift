/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Sequence {
    /// The length in bytes, 2 to 4, of the well-formed sequence that starts with a byte of 0x80 or more at `offset`;
    /// 0 if there is none before `end`.
    static func length(_ base: UnsafeRawPointer, at offset: Int, end: Int) -> Int {
        let lead = base.load(fromByteOffset: offset, as: UInt8.self)
        let left = end &- offset
        switch lead {
        case 0xC2...0xDF:
            return left >= 2 && isTail(base, offset &+ 1) ? 2 : 0
        case 0xE0...0xEF:
            guard left >= 3, isTail(base, offset &+ 1), isTail(base, offset &+ 2) else { return 0 }
            let second = base.load(fromByteOffset: offset &+ 1, as: UInt8.self)
            if lead == 0xE0 && second < 0xA0 || lead == 0xED && second > 0x9F { return 0 }
            return 3
        case 0xF0...0xF4:
            guard left >= 4, isTail(base, offset &+ 1), isTail(base, offset &+ 2), isTail(base, offset &+ 3) else {
                return 0
            }
            let second = base.load(fromByteOffset: offset &+ 1, as: UInt8.self)
            if lead == 0xF0 && second < 0x90 || lead == 0xF4 && second > 0x8F { return 0 }
            return 4
        default:
            return 0
        }
    }

    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        let end = bytes.count
        var at = 0
        while at < end {
            if at &+ 8 <= end,
                UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                at &+= 8
            } else if base.load(fromByteOffset: at, as: UInt8.self) < 0x80 {
                at &+= 1
            } else {
                let length = length(base, at: at, end: end)
                guard length > 0 else { return false }
                at &+= length
            }
        }
        return true
    }

    @inline(__always)
    private static func isTail(_ base: UnsafeRawPointer, _ offset: Int) -> Bool {
        base.load(fromByteOffset: offset, as: UInt8.self) & 0xC0 == 0x80
    }
}
