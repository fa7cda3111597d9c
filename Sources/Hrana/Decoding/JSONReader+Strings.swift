/// A string in the document, checked but not yet decoded.
struct StringToken {
    /// Offset after the opening quote.
    let start: Int
    /// Offset of the closing quote.
    let end: Int
    let hasEscapes: Bool

    @inline(__always)
    var count: Int { end &- start }
}

extension JSONReader {
    /// Reads the string whose quote is at `offset`; every escape and every sequence of UTF-8 in it is checked, so that
    /// decoding the token cannot fail.
    mutating func string() throws(HranaDecodingError) -> StringToken {
        var at = offset &+ 1
        let start = at
        var hasEscapes = false
        while true {
            at = afterPlain(at)
            guard at < end else { throw .json(.unexpectedEnd, at: end) }
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            if byte == UInt8(ascii: "\"") {
                advance(at &+ 1 &- offset)
                return StringToken(start: start, end: at, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                at = try afterEscape(at)
                hasEscapes = true
            } else if byte >= 0x80 {
                let length = UTF8Sequence.length(base, at: at, end: end)
                guard length > 0 else { throw .json(.invalidUTF8, at: at) }
                at &+= length
            } else {
                throw .json(.controlCharacter, at: at)
            }
        }
    }

    /// The offset of the first byte from `at` on that is not plain ASCII of a string, or `end`.
    @inline(__always)
    private func afterPlain(_ start: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let mask = JSONBytes.special(
                UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            if mask != 0 { return at &+ JSONBytes.first(mask) }
            at &+= 8
        }
        while at < end {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            at &+= 1
        }
        return at
    }

    // MARK: Escapes

    /// The offset after the escape whose backslash is at `at`: of both halves, if it is a surrogate pair.
    private func afterEscape(_ at: Int) throws(HranaDecodingError) -> Int {
        guard at &+ 1 < end else { throw .json(.unexpectedEnd, at: end) }
        switch base.load(fromByteOffset: at &+ 1, as: UInt8.self) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return at &+ 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(at)
            if unit & 0xF800 != 0xD800 { return at &+ 6 }
            guard unit < 0xDC00 else { throw .json(.loneSurrogate, at: at) }
            guard at &+ 7 < end else { throw .json(.unexpectedEnd, at: end) }
            guard base.load(fromByteOffset: at &+ 6, as: UInt8.self) == UInt8(ascii: "\\"),
                base.load(fromByteOffset: at &+ 7, as: UInt8.self) == UInt8(ascii: "u"),
                try codeUnit(at &+ 6) & 0xFC00 == 0xDC00
            else { throw .json(.loneSurrogate, at: at) }
            return at &+ 12
        default:
            throw .json(.invalidEscape, at: at)
        }
    }

    /// The UTF-16 code unit of the escape `\uXXXX` at `at`.
    private func codeUnit(_ at: Int) throws(HranaDecodingError) -> UInt32 {
        guard at &+ 6 <= end else { throw .json(.unexpectedEnd, at: end) }
        var unit: UInt32 = 0
        for index in 2..<6 {
            guard let digit = Self.hexDigit(base.load(fromByteOffset: at &+ index, as: UInt8.self)) else {
                throw .json(.invalidEscape, at: at)
            }
            unit = unit &<< 4 | digit
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    // MARK: Decoding

    func text(_ token: StringToken) -> String {
        guard token.hasEscapes else { return String(decoding: raw(token), as: UTF8.self) }
        // No escape is shorter than the UTF-8 that it stands for.
        return String(unsafeUninitializedCapacity: token.count) { unescape(token, into: $0) }
    }

    /// Calls `body` with the token's bytes, escapes decoded.
    func withBytes<Result>(_ token: StringToken, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        guard token.hasEscapes else { return body(raw(token)) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: token.count) { space in
            let count = unescape(token, into: space)
            return body(UnsafeBufferPointer(rebasing: space[..<count]))
        }
    }

    func shortName(_ token: StringToken) -> ShortName {
        guard token.hasEscapes else {
            return token.count <= 16 ? ShortName(base + token.start, count: token.count) : .unknown
        }
        return withBytes(token) { bytes in
            guard bytes.count <= 16, !bytes.contains(0), let start = bytes.baseAddress else { return .unknown }
            return ShortName(UnsafeRawPointer(start), count: bytes.count)
        }
    }

    @inline(__always)
    private func raw(_ token: StringToken) -> UnsafeBufferPointer<UInt8> {
        // Request bytes come from the network and are bytes for whoever looks at them.
        UnsafeBufferPointer(
            start: (base + token.start).assumingMemoryBound(to: UInt8.self), count: token.count)
    }

    /// Writes the token's text and returns how many bytes that took: at most `token.count`.
    private func unescape(_ token: StringToken, into out: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var (read, written) = (token.start, 0)
        while read < token.end {
            let byte = base.load(fromByteOffset: read, as: UInt8.self)
            guard byte == UInt8(ascii: "\\") else {
                out[written] = byte
                (read, written) = (read &+ 1, written &+ 1)
                continue
            }
            let kind = base.load(fromByteOffset: read &+ 1, as: UInt8.self)
            if kind == UInt8(ascii: "u") {
                let (scalar, length) = scalar(read)
                for unit in UTF8.encode(scalar)! {
                    out[written] = unit
                    written &+= 1
                }
                read &+= length
            } else {
                out[written] = Self.plainEscape(kind)
                (read, written) = (read &+ 2, written &+ 1)
            }
        }
        return written
    }

    /// The scalar of a checked `\u` escape, and the escape's length: 12 for a surrogate pair.
    private func scalar(_ at: Int) -> (Unicode.Scalar, Int) {
        // `string()` has checked that these are hexadecimal and that surrogates are paired.
        let unit = (try? codeUnit(at)) ?? 0xFFFD
        guard unit & 0xF800 == 0xD800 else { return (Unicode.Scalar(unit) ?? "\u{FFFD}", 6) }
        let low = (try? codeUnit(at &+ 6)) ?? 0xFFFD
        let value = 0x1_0000 &+ (unit & 0x3FF) &<< 10 &+ (low & 0x3FF)
        return (Unicode.Scalar(value) ?? "\u{FFFD}", 12)
    }

    private static func plainEscape(_ kind: UInt8) -> UInt8 {
        switch kind {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: kind
        }
    }
}
