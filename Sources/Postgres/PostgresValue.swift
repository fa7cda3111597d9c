import Catalog

/// One value of a result in PostgreSQL's binary format, read as the types that the databases share.
enum PostgresValue {
    /// - Returns: nil for a value that is none of them.
    static func read(_ bytes: UnsafeRawBufferPointer, type: UInt32) -> CatalogValue? {
        switch type {
        case PostgresType.int8, PostgresType.int4, PostgresType.int2: return .integer(integer(bytes))
        case PostgresType.bool: return .integer(bytes.first == 0 ? 0 : 1)
        case PostgresType.bytea: return .blob(Array(bytes))
        case PostgresType.numeric: return numeric(bytes).map { .integer($0) }
        default: return String(validating: bytes, as: UTF8.self).map { .text($0) }
        }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        guard let first = bytes.first else { return 0 }
        var value: Int64 = first & 0x80 == 0 ? 0 : -1
        for byte in bytes { value = value << 8 | Int64(byte) }
        return value
    }

    /// A sum of integers: digits to the base of 10,000, behind their count, the first one's weight, the sign and a scale.
    ///
    /// - Returns: nil for one that is no integer of 64 bits.
    private static func numeric(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count >= 8 else { return nil }
        let words = stride(from: 0, to: bytes.count - 1, by: 2).map { Int64(bytes[$0]) << 8 | Int64(bytes[$0 + 1]) }
        let (count, weight, sign) = (Int(words[0]), Int(Int16(truncatingIfNeeded: words[1])), words[2])
        guard words.count == count + 4, sign == 0 || sign == 0x4000, count <= weight + 1 || count == 0 else {
            return nil
        }
        var value: Int64 = 0
        for place in 0..<(count == 0 ? 0 : weight + 1) {
            let digit = place < count ? words[4 + place] : 0
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10_000)
            // Down from zero, where there is room for one more than upwards.
            let (sum, beyond) = product.subtractingReportingOverflow(digit)
            guard !tooLarge, !beyond else { return nil }
            value = sum
        }
        if sign == 0 && value == .min { return nil }
        return sign == 0 ? -value : value
    }
}
