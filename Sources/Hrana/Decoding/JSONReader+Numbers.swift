/// A number in the document, its grammar checked.
struct NumberToken {
    let start: Int
    let end: Int
    /// Without fraction and exponent.
    let isInteger: Bool
}

extension JSONReader {
    /// Reads the number at `offset`.
    mutating func number() throws(HranaDecodingError) -> NumberToken {
        let start = offset
        if peek() == UInt8(ascii: "-") { advance() }
        let hasLeadingZero = peek() == UInt8(ascii: "0")
        let digits = try digits()
        guard !hasLeadingZero || digits == 1 else { throw .json(.invalidNumber, at: start) }
        var isInteger = true
        if peek() == UInt8(ascii: ".") {
            advance()
            _ = try self.digits()
            isInteger = false
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            advance()
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { advance() }
            _ = try self.digits()
            isInteger = false
        }
        return NumberToken(start: start, end: offset, isInteger: isInteger)
    }

    /// Skips one digit or more and says how many.
    @inline(__always)
    private mutating func digits() throws(HranaDecodingError) -> Int {
        let start = offset
        while peek() &- UInt8(ascii: "0") < 10 { advance() }
        guard offset > start else { throw .json(offset < end ? .invalidNumber : .unexpectedEnd, at: offset) }
        return offset &- start
    }

    /// The value of a number without fraction and exponent, if it fits.
    func integer(_ token: NumberToken) -> Int64? {
        guard token.isInteger else { return nil }
        return DecimalInteger.parse(slice(token.start, token.end))
    }

    /// The double nearest to a number; nil if that would be infinite.
    func double(_ token: NumberToken) -> Double? {
        if let exact = exactDouble(token) { return exact }
        // Rare: more than 15 digits or a large exponent.
        let text = String(decoding: slice(token.start, token.end), as: UTF8.self)
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The value, when both the digits as an integer and the power of ten are exact doubles, so that one operation rounds
    /// once and hence correctly.
    private func exactDouble(_ token: NumberToken) -> Double? {
        var mantissa: UInt64 = 0
        var exponent = 0
        var digits = 0
        var at = token.start
        let isNegative = base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: "-")
        if isNegative { at &+= 1 }
        var isFraction = false
        while at < token.end {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                digits &+= 1
                if isFraction { exponent &-= 1 }
            } else if byte == UInt8(ascii: ".") {
                isFraction = true
            } else {
                guard let written = DecimalInteger.parse(slice(at &+ 1, token.end)), abs(written) < 1000 else {
                    return nil
                }
                exponent &+= Int(written)
                break
            }
            at &+= 1
        }
        guard digits <= 19, mantissa <= 1 << 53, abs(exponent) < Self.powersOfTen.count else { return nil }
        let magnitude = Double(mantissa)
        let value =
            exponent < 0 ? magnitude / Self.powersOfTen[-exponent] : magnitude * Self.powersOfTen[exponent]
        return isNegative ? -value : value
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    private func slice(_ start: Int, _ end: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: (base + start).assumingMemoryBound(to: UInt8.self), count: end &- start)
    }
}
