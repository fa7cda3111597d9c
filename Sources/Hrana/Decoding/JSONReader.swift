/// A cursor over one JSON document, checking the whole grammar (RFC 8259) and UTF-8 as it goes; what it skips, too.
///
/// Between calls `offset` is at the next token: what reads a value leaves white space behind it to the next call. The
/// reader never touches a byte at or after `end`.
struct JSONReader {
    let base: UnsafeRawPointer
    let end: Int
    private(set) var offset = 0
    private(set) var depth = 0
    private let maxDepth: Int

    /// - Parameter bytes: must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int) {
        // An empty buffer may have no address; none is read then.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        end = bytes.count
        self.maxDepth = maxDepth
    }

    // MARK: Bytes

    /// The byte at `offset`, or 0 at the end: no token begins with 0.
    @inline(__always)
    func peek() -> UInt8 { offset < end ? base.load(fromByteOffset: offset, as: UInt8.self) : 0 }

    @inline(__always)
    mutating func advance(_ count: Int = 1) { offset &+= count }

    @inline(__always)
    mutating func skipSpace() {
        while offset < end {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset &+= 1
        }
    }

    /// The fault of not finding what the grammar wants here.
    @inline(never)
    func unexpected() -> HranaDecodingError { .json(offset < end ? .unexpectedByte : .unexpectedEnd, at: offset) }

    // MARK: Structure

    /// Enters an object or array whose bracket is at `offset`.
    @inline(__always)
    mutating func enter() throws(HranaDecodingError) {
        guard depth < maxDepth else { throw .limit(.depth, at: offset) }
        depth &+= 1
        offset &+= 1
    }

    @inline(__always)
    mutating func leave() {
        depth &-= 1
        offset &+= 1
    }

    mutating func enterObject() throws(HranaDecodingError) {
        skipSpace()
        guard peek() == UInt8(ascii: "{") else { throw mismatch(.object) }
        try enter()
    }

    mutating func enterArray() throws(HranaDecodingError) {
        skipSpace()
        guard peek() == UInt8(ascii: "[") else { throw mismatch(.array) }
        try enter()
    }

    /// The name of the next member of the object entered, with `offset` at its value; nil, and out of the object, at its end.
    ///
    /// - Parameter isFirst: true for the first call after entering; the call clears it.
    mutating func nextMember(_ isFirst: inout Bool) throws(HranaDecodingError) -> ShortName? {
        guard try nextItem(&isFirst, closing: UInt8(ascii: "}")) else { return nil }
        guard peek() == UInt8(ascii: "\"") else { throw unexpected() }
        let name = shortName(try string())
        skipSpace()
        guard peek() == UInt8(ascii: ":") else { throw unexpected() }
        advance()
        skipSpace()
        return name
    }

    /// The same for the next member of the object entered, whose name is not read.
    mutating func nextElement(_ isFirst: inout Bool, closing: UInt8) throws(HranaDecodingError) -> Bool {
        try nextItem(&isFirst, closing: closing)
    }

    /// True with `offset` at the next element of the array entered; false, and out of the array, at its end.
    mutating func nextElement(_ isFirst: inout Bool) throws(HranaDecodingError) -> Bool {
        try nextItem(&isFirst, closing: UInt8(ascii: "]"))
    }

    @inline(__always)
    private mutating func nextItem(_ isFirst: inout Bool, closing: UInt8) throws(HranaDecodingError) -> Bool {
        skipSpace()
        let byte = peek()
        if byte == closing {
            leave()
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw unexpected() }
        // The comma promises another item: whoever reads it refuses a closing bracket.
        advance()
        skipSpace()
        return true
    }

    /// Only white space may follow the document.
    mutating func finish() throws(HranaDecodingError) {
        skipSpace()
        guard offset == end else { throw .json(.trailingContent, at: offset) }
    }

    /// Goes back to a place inside the same object, to read a member again.
    mutating func rewind(to earlier: Int, depth: Int) {
        offset = earlier
        self.depth = depth
    }

    // MARK: Literals

    /// Reads `null` if that is what is here.
    @inline(__always)
    mutating func null() throws(HranaDecodingError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    mutating func boolean() throws(HranaDecodingError) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try literal("true")
            return true
        case UInt8(ascii: "f"):
            try literal("false")
            return false
        default:
            throw mismatch(.boolean)
        }
    }

    mutating func literal(_ text: StaticString) throws(HranaDecodingError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard peek() == text.utf8Start[index] else { throw unexpected() }
            advance()
        }
    }

    /// The fault of finding another kind of value: a fault of the JSON if no value begins here at all.
    @inline(never)
    func mismatch(_ kind: MessageFault.JSONKind) -> HranaDecodingError {
        switch peek() {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "t"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            .message(.expected(kind), at: offset)
        default:
            unexpected()
        }
    }
}
