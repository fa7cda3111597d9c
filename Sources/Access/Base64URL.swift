/// URL-safe base64 without padding (RFC 4648 §5): the text form of tokens, signatures and batons.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The six bits of each character, 255 for characters outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Strict: padding, other alphabets, a length that no bytes have, and bits left over that are not zero are refused, so
    /// that every byte string has exactly one text.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value = values[Int(character)]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard bits & (1 << UInt32(count) - 1) == 0 else { return nil }
        return bytes
    }

    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }

    /// Also takes the standard alphabet and padding, for keys that other tools wrote.
    static func decodeLeniently(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        for character in text {
            switch character {
            case UInt8(ascii: "+"): plain.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): plain.append(UInt8(ascii: "_"))
            default: plain.append(character)
            }
        }
        while plain.last == UInt8(ascii: "=") { plain.removeLast() }
        return decode(plain)
    }
}
