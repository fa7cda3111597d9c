/// Reads the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding): fields of one message, and of the
/// messages in it.
///
/// A message is entered and left; in between, `nextField` gives its fields until its last byte. Whoever takes a field's
/// content calls the method for its kind or `skip`.
struct ProtobufReader {
    struct Field {
        let number: UInt64
        let wire: Wire
        /// Where its tag is.
        let offset: Int
    }

    enum Wire: UInt64 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    private let input: UnsafeRawBufferPointer
    private(set) var offset = 0
    private var end: Int
    private var depth = 1
    private let maxDepth: Int

    init(_ input: UnsafeRawBufferPointer, maxDepth: Int) {
        self.input = input
        end = input.count
        self.maxDepth = maxDepth
    }

    /// - Returns: nil at the end of the message.
    mutating func nextField() throws(HranaDecodingError) -> Field? {
        guard offset < end else { return nil }
        let start = offset
        let tag = try varint()
        guard tag >> 3 != 0, tag >> 3 < 1 << 29 else { throw .protobuf(.invalidField, at: start) }
        guard let wire = Wire(rawValue: tag & 7) else { throw .protobuf(.unknownWireType, at: start) }
        return Field(number: tag >> 3, wire: wire, offset: start)
    }

    /// Goes into the message that `field` holds.
    ///
    /// - Returns: what `leave` needs.
    mutating func enter(_ field: Field) throws(HranaDecodingError) -> Int {
        guard depth < maxDepth else { throw .limit(.depth, at: field.offset) }
        let length = try length(of: field)
        let outer = end
        end = offset + length
        depth += 1
        return outer
    }

    mutating func leave(_ outer: Int) {
        assert(offset == end, "a message is left at its end")
        end = outer
        depth -= 1
    }

    /// Goes over a field, whatever it is.
    mutating func skip(_ field: Field) throws(HranaDecodingError) {
        switch field.wire {
        case .varint: _ = try varint()
        case .fixed64: try advance(8)
        case .fixed32: try advance(4)
        case .bytes: try advance(try length(of: field))
        }
    }

    // MARK: Contents

    mutating func unsigned(_ field: Field) throws(HranaDecodingError) -> UInt64 {
        guard field.wire == .varint else { throw .protobuf(.wrongWireType, at: field.offset) }
        return try varint()
    }

    /// `sint64`: zigzag.
    mutating func zigzag(_ field: Field) throws(HranaDecodingError) -> Int64 {
        let raw = try unsigned(field)
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    mutating func boolean(_ field: Field) throws(HranaDecodingError) -> Bool { try unsigned(field) != 0 }

    mutating func double(_ field: Field) throws(HranaDecodingError) -> Double {
        guard field.wire == .fixed64 else { throw .protobuf(.wrongWireType, at: field.offset) }
        let start = offset
        try advance(8)
        let bits = input.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        return Double(bitPattern: UInt64(littleEndian: bits))
    }

    mutating func bytes(_ field: Field) throws(HranaDecodingError) -> UnsafeRawBufferPointer {
        let length = try length(of: field)
        let start = offset
        try advance(length)
        return UnsafeRawBufferPointer(rebasing: input[start..<start + length])
    }

    mutating func text(_ field: Field) throws(HranaDecodingError) -> String {
        let bytes = try bytes(field)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .protobuf(.invalidUTF8, at: field.offset)
        }
        return text
    }

    // MARK: Bytes

    private mutating func length(of field: Field) throws(HranaDecodingError) -> Int {
        guard field.wire == .bytes else { throw .protobuf(.wrongWireType, at: field.offset) }
        let length = try varint()
        guard length <= UInt64(end - offset) else { throw .protobuf(.unexpectedEnd, at: field.offset) }
        return Int(length)
    }

    private mutating func varint() throws(HranaDecodingError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < end else { throw .protobuf(.unexpectedEnd, at: start) }
            let byte = input[offset]
            offset += 1
            // The tenth byte has one bit left of 64.
            guard shift < 63 || byte <= 1 else { throw .protobuf(.varintTooLong, at: start) }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }

    private mutating func advance(_ count: Int) throws(HranaDecodingError) {
        guard count <= end - offset else { throw .protobuf(.unexpectedEnd, at: offset) }
        offset += count
    }
}
