package import Seams

/// By which a caller and the log mean the same request.
package struct RequestNumber: Hashable, Sendable, CustomStringConvertible {
    static let digits = 15
    let number: UInt64

    package var description: String {
        var text = HeaderLines()
        text.append(hexadecimal: number, digits: Self.digits)
        return text.withBytes { String(decoding: $0, as: UTF8.self) }
    }
}

/// Makes ids that differ on all nodes and after every start, by chance of 1 in 2⁶⁰, at the cost of one addition. For one
/// event loop.
package struct RequestNumbers: Sendable {
    private var next: UInt64

    package init(_ random: any RandomSource) { next = random.next() }

    package mutating func make() -> RequestNumber {
        next &+= 1
        // Multiplied by an odd number, so that neighbours look different and none comes twice.
        return RequestNumber(number: next &* 0x9E37_79B9_7F4A_7C15)
    }
}
