/// Base64 with the standard alphabet (RFC 4648 §4), with or without padding.
enum Base64Decoder {
    /// The bytes; nil for characters outside the alphabet, an impossible length, wrong padding, or stray bits at the end.
    static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard let count = unpaddedCount(text) else { return nil }
        let digits = UnsafeBufferPointer(rebasing: text[..<count])
        let tail = count & 3
        guard tail != 1 else { return nil }
        let size = count / 4 &* 3 &+ (tail == 0 ? 0 : tail &- 1)
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { out, written in
            isValid = table.withUnsafeBufferPointer { decode(digits, $0, into: out) }
            written = isValid ? size : 0
        }
        return isValid ? bytes : nil
    }

    /// How many characters come before the padding, which must fill the last group of four exactly.
    private static func unpaddedCount(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var count = text.count
        while count > 0, text[count &- 1] == UInt8(ascii: "=") { count &-= 1 }
        let padding = text.count &- count
        return padding == 0 || padding <= 2 && text.count & 3 == 0 ? count : nil
    }

    private static func decode(
        _ digits: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<UInt8>,
        into out: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var (read, written) = (0, 0)
        // Values are below 64, so one of 0xFF shows in the union of all.
        var seen: UInt8 = 0
        while read &+ 4 <= digits.count {
            let (a, b) = (table[Int(digits[read])], table[Int(digits[read &+ 1])])
            let (c, d) = (table[Int(digits[read &+ 2])], table[Int(digits[read &+ 3])])
            seen |= a | b | c | d
            out[written] = a &<< 2 | b &>> 4
            out[written &+ 1] = b &<< 4 | c &>> 2
            out[written &+ 2] = c &<< 6 | d
            (read, written) = (read &+ 4, written &+ 3)
        }
        guard read < digits.count else { return seen < 64 }
        let (a, b) = (table[Int(digits[read])], table[Int(digits[read &+ 1])])
        let c = read &+ 2 < digits.count ? table[Int(digits[read &+ 2])] : nil
        seen |= a | b | (c ?? 0)
        out[written] = a &<< 2 | b &>> 4
        if let c { out[written &+ 1] = b &<< 4 | c &>> 2 }
        let stray = c.map { $0 & 0x03 } ?? b & 0x0F
        return seen < 64 && stray == 0
    }

    /// The value of each character; 0xFF outside the alphabet.
    private static let table: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for value in 0..<64 { table[Int(Base64Alphabet.characters.utf8Start[value])] = UInt8(value) }
        return table
    }()
}

enum Base64Alphabet {
    static var characters: StaticString { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }
}
