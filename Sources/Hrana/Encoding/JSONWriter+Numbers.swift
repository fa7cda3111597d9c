extension JSONWriter {
    /// A JSON number without fraction.
    package mutating func integer(_ value: Int64) { unsigned(value.magnitude, isNegative: value < 0) }

    package mutating func integer(_ value: Int) { integer(Int64(value)) }

    private mutating func unsigned(_ magnitude: UInt64, isNegative: Bool) {
        // 19 digits and a sign, for a magnitude of 2⁶³ at most.
        let longest = 20
        bytes.reserve(longest)
        let count = Self.digits(magnitude) &+ (isNegative ? 1 : 0)
        let out = bytes.space
        if isNegative { out.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self) }
        let pairs = Self.pairs.utf8Start
        var (rest, at) = (magnitude, count)
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            at &-= 2
            out.storeBytes(of: pairs[Int(pair) &* 2], toByteOffset: at, as: UInt8.self)
            out.storeBytes(of: pairs[Int(pair) &* 2 &+ 1], toByteOffset: at &+ 1, as: UInt8.self)
            rest = quotient
        }
        if rest >= 10 {
            out.storeBytes(of: pairs[Int(rest) &* 2], toByteOffset: at &- 2, as: UInt8.self)
        }
        out.storeBytes(of: pairs[Int(rest) &* 2 &+ 1], toByteOffset: at &- 1, as: UInt8.self)
        bytes.commit(count)
    }

    /// How many decimal digits a number has.
    @inline(__always)
    private static func digits(_ value: UInt64) -> Int {
        var (count, bound) = (1, UInt64(10))
        while count < 20, value >= bound {
            count &+= 1
            bound = bound &* 10
        }
        return count
    }

    private static var pairs: StaticString {
        """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """
    }

    /// A JSON number that reads back as the same double, as short as possible and always recognisable as a float; null for
    /// an infinity, as JSON has none, and for NaN.
    package mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        // Whole numbers are frequent, and much faster to print as integers. Zero keeps its sign on the other way.
        if value.magnitude < 1e15, value != 0, value == Double(Int64(value)) {
            integer(Int64(value))
            bytes.append(".0")
        } else {
            bytes.append(value.description)
        }
    }

    /// A duration as a JSON number of milliseconds with three decimals.
    package mutating func milliseconds(nanoseconds: UInt64) {
        let microseconds = nanoseconds / 1000
        unsigned(microseconds / 1000, isNegative: false)
        let fraction = microseconds % 1000
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") &+ UInt8(fraction / 100))
        bytes.append(UInt8(ascii: "0") &+ UInt8(fraction / 10 % 10))
        bytes.append(UInt8(ascii: "0") &+ UInt8(fraction % 10))
    }
}
