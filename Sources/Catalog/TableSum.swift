/// How many rows a table has and what they add up to, in whatever order they come: equal for equal contents, and all but
/// certainly different otherwise.
package struct TableSum: Equatable, Sendable, CustomStringConvertible {
    package private(set) var rows = 0
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    package init() {}

    package mutating func add(_ row: [CatalogValue]) {
        var writer = WireWriter()
        for value in row { writer.put(value) }
        rows += 1
        low &+= Self.hash(writer.bytes, from: 0xCBF2_9CE4_8422_2325)
        high &+= Self.hash(writer.bytes, from: 0x9E37_79B9_7F4A_7C15)
    }

    /// 32 hexadecimal digits.
    package var description: String { Self.hex(high) + Self.hex(low) }

    /// FNV-1a, and then mixed so that every bit of it counts in a sum.
    private static func hash(_ bytes: [UInt8], from seed: UInt64) -> UInt64 {
        var value = seed
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ (value >> 33)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
