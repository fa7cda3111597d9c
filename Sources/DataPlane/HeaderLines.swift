/// Header lines as they go over the wire, gathered without memory of their own unless they are many: every answer passes
/// here.
///
/// What is appended cannot end its line or begin another: control bytes become spaces.
package struct HeaderLines: Sendable {
    private static let room = 448

    private var few = InlineArray<448, UInt8>(repeating: 0)
    /// All of it, once that is more than fits above.
    private var many: [UInt8] = []
    package private(set) var count = 0

    package init() {}

    package init(_ headers: [(String, String)]) {
        for (name, value) in headers { add(name, value) }
    }

    package mutating func add(_ name: StaticString, _ value: String) {
        append(name)
        append(": ")
        append(text: value)
        append("\r\n")
    }

    package mutating func add(_ name: String, _ value: String) {
        append(text: name)
        append(": ")
        append(text: value)
        append("\r\n")
    }

    /// As it is: for what is known to be sound.
    mutating func append(_ text: StaticString) {
        append(bytes: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ other: HeaderLines) { other.withBytes { append(bytes: $0) } }

    mutating func append(text: String) {
        let start = count
        var text = text
        text.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
        for index in start..<count where isControl(self[index]) { self[index] = UInt8(ascii: " ") }
    }

    mutating func append(decimal number: Int) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var rest = number.magnitude
        var first = digits.count
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(first..<digits.count))
    }

    /// - Parameter digits: how many, leading zeros included, from the most significant of 16 on; nil for as many as it takes.
    mutating func append(hexadecimal number: UInt64, digits: Int? = nil) {
        let count = digits ?? max(1, (67 - number.leadingZeroBitCount) / 4)
        let first = digits == nil ? count : 16
        var text = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<count {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64((first - 1 - index) * 4)) & 15
            text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
        append(text.span.extracting(0..<count))
    }

    private mutating func append(_ span: Span<UInt8>) {
        span.withUnsafeBytes { append(bytes: $0) }
    }

    mutating func append(bytes: UnsafeRawBufferPointer) {
        let start = count
        count += bytes.count
        guard count > Self.room else {
            var span = few.mutableSpan
            return span.withUnsafeMutableBytes { room in
                UnsafeMutableRawBufferPointer(rebasing: room[start...]).copyMemory(from: bytes)
            }
        }
        if many.isEmpty {
            let before = few.span.withUnsafeBytes { Array($0[..<start]) }
            many = before
        }
        many.append(contentsOf: bytes)
    }

    /// The bytes, in order.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if !many.isEmpty { return many.withUnsafeBytes(body) }
        return few.span.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    private subscript(_ index: Int) -> UInt8 {
        get { many.isEmpty ? few[index] : many[index] }
        set { if many.isEmpty { few[index] = newValue } else { many[index] = newValue } }
    }

    private func isControl(_ byte: UInt8) -> Bool { byte < 32 && byte != 9 || byte == 127 }
}
