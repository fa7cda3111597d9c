/// The wire format's elements (protobuf.dev/programming-guides/encoding).
extension ByteWriter {
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func tag(_ field: UInt8, _ wire: ProtobufReader.Wire) { varint(UInt64(field) << 3 | wire.rawValue) }

    mutating func unsigned(_ field: UInt8, _ value: UInt64) {
        tag(field, .varint)
        varint(value)
    }

    /// `int32` and `int64`: a negative number takes ten bytes.
    mutating func signed(_ field: UInt8, _ value: Int64) { unsigned(field, UInt64(bitPattern: value)) }

    mutating func boolean(_ field: UInt8, _ value: Bool) { unsigned(field, value ? 1 : 0) }

    /// `sint64`: small numbers of either sign are short.
    mutating func zigzag(_ field: UInt8, _ value: Int64) {
        unsigned(field, UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    mutating func double(_ field: UInt8, _ value: Double) {
        tag(field, .fixed64)
        var bits = value.bitPattern.littleEndian
        withUnsafeBytes(of: &bits) { append($0) }
    }

    mutating func bytes(_ field: UInt8, _ bytes: UnsafeRawBufferPointer) {
        tag(field, .bytes)
        varint(UInt64(bytes.count))
        append(bytes)
    }

    mutating func text(_ field: UInt8, _ text: String) {
        var text = text
        text.withUTF8 { bytes(field, UnsafeRawBufferPointer($0)) }
    }

    /// The length in bytes of `value` as a varint.
    static func varintLength(_ value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }
}
