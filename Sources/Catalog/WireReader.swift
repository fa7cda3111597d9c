import Vocabulary

/// Reads the catalog's wire format from bytes that may be anything. Every count is checked against the bytes that are left
/// before it is believed, so memory stays proportional to the message.
struct WireReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var left: Int { bytes.count - position }

    private mutating func take(_ count: Int) throws(CatalogError) -> ArraySlice<UInt8> {
        guard count <= left else { throw .refused("the message ends too early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    func end() throws(CatalogError) {
        guard left == 0 else { throw .refused("\(left) bytes too many in the message") }
    }

    mutating func byte() throws(CatalogError) -> UInt8 { try take(1).first! }

    mutating func flag() throws(CatalogError) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw .refused("a flag that is neither 0 nor 1") }
        return value == 1
    }

    private mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws(CatalogError) -> Value {
        var value: Value = 0
        for byte in try take(Value.bitWidth / 8).reversed() { value = value << 8 | Value(truncatingIfNeeded: byte) }
        return value
    }

    mutating func word() throws(CatalogError) -> UInt64 { try integer(UInt64.self) }

    /// A number that this program wrote from an `Int`.
    private mutating func number() throws(CatalogError) -> Int {
        guard let value = Int(exactly: try word()) else { throw .refused("a number out of range") }
        return value
    }

    /// How many elements of at least so many bytes follow.
    mutating func count(ofAtLeast size: Int) throws(CatalogError) -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= left / size else { throw .refused("the message ends too early") }
        return count
    }

    mutating func text() throws(CatalogError) -> String {
        let slice = try take(try count(ofAtLeast: 1))
        guard let text = String(validating: slice, as: UTF8.self) else { throw .refused("text that is not UTF-8") }
        return text
    }

    private mutating func value() throws(CatalogError) -> CatalogValue {
        switch try byte() {
        case 0: return .null
        case 1: return .integer(try integer(Int64.self))
        case 2: return .text(try text())
        case 3: return .blob(Array(try take(try count(ofAtLeast: 1))))
        default: throw .refused("unknown kind of value")
        }
    }

    private mutating func values() throws(CatalogError) -> [CatalogValue] {
        let count = try count(ofAtLeast: 1)
        var values: [CatalogValue] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try value()) }
        return values
    }

    mutating func statement() throws(CatalogError) -> CatalogStatement {
        let sql = try text()
        let arguments = try values()
        let tag = try byte()
        let count = Int(try integer(UInt32.self))
        let expect: CatalogExpectation
        switch (tag, count) {
        case (0, 0): expect = .any
        case (1, _): expect = .affected(count)
        case (2, _): expect = .rows(count)
        case (3, 0): expect = .atLeastOneRow
        default: throw .refused("unknown expectation")
        }
        return CatalogStatement(sql, arguments, expect: expect)
    }

    mutating func results() throws(CatalogError) -> [CatalogRows] {
        var results: [CatalogRows] = []
        for _ in 0..<(try count(ofAtLeast: 12)) {
            var result = CatalogRows(affected: try number())
            for _ in 0..<(try count(ofAtLeast: 4)) { result.rows.append(try values()) }
            results.append(result)
        }
        return results
    }

    mutating func error(tag: UInt8) throws(CatalogError) -> CatalogError {
        switch tag {
        case 1: return .guardFailed(statement: try number(), results: try results())
        case 2: return .conflict(statement: try number())
        case 3: return .unavailable(try text())
        case 4: return .outcomeUnknown(try text())
        case 5: return .newerSchema(found: try number(), known: try number())
        case 6: return .olderSchema(found: try number(), needed: try number())
        case 7:
            return .regressed(
                tenant: TenantID(try word()), known: Epoch(try word()), found: Epoch(try word()))
        case 8: return .refused(try text())
        case 9: return .damaged(try text())
        case 10:
            guard let known = Identity(hex: try text()) else { throw .refused("an identity that is none") }
            return .otherCatalog(known: known)
        case 11:
            guard let node = NodeID(try text()) else { throw .refused("a node's name that is none") }
            return .otherDirectory(node)
        default: throw .refused("unknown kind of error")
        }
    }
}
