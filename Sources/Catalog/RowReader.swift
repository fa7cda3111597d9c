import Vocabulary

/// Reads a row's values in order, as the types they were written from.
struct RowReader {
    private let table: String
    private let values: [CatalogValue]
    private var position = 0

    init(_ table: String, _ values: [CatalogValue]) {
        self.table = table
        self.values = values
    }

    private func damaged() -> CatalogError { .damaged("\(table), column \(position)") }

    private mutating func next() throws(CatalogError) -> CatalogValue {
        guard position < values.count else { throw damaged() }
        position += 1
        return values[position - 1]
    }

    mutating func integer() throws(CatalogError) -> Int64 {
        guard case .integer(let value) = try next() else { throw damaged() }
        return value
    }

    mutating func integerOrNull() throws(CatalogError) -> Int64? {
        switch try next() {
        case .integer(let value): return value
        case .null: return nil
        default: throw damaged()
        }
    }

    mutating func text() throws(CatalogError) -> String {
        guard case .text(let value) = try next() else { throw damaged() }
        return value
    }

    mutating func textOrNull() throws(CatalogError) -> String? {
        switch try next() {
        case .text(let value): return value
        case .null: return nil
        default: throw damaged()
        }
    }

    mutating func blob() throws(CatalogError) -> [UInt8] {
        guard case .blob(let value) = try next() else { throw damaged() }
        return value
    }

    mutating func bits() throws(CatalogError) -> UInt64 { UInt64(bitPattern: try integer()) }
    mutating func flag() throws(CatalogError) -> Bool { try integer() != 0 }
    mutating func time() throws(CatalogError) -> WallTime { WallTime(milliseconds: try integer()) }
    mutating func timeOrNull() throws(CatalogError) -> WallTime? {
        try integerOrNull().map { WallTime(milliseconds: $0) }
    }
    mutating func tenant() throws(CatalogError) -> TenantID { TenantID(try bits()) }

    mutating func key() throws(CatalogError) -> TenantKey {
        let text = try text()
        do { return try TenantKey(text) } catch { throw damaged() }
    }

    mutating func node() throws(CatalogError) -> NodeID {
        guard let node = NodeID(try text()) else { throw damaged() }
        return node
    }

    mutating func nodeOrNull() throws(CatalogError) -> NodeID? {
        guard let text = try textOrNull() else { return nil }
        guard let node = NodeID(text) else { throw damaged() }
        return node
    }

    mutating func word<Word: RawRepresentable<String>>(_: Word.Type) throws(CatalogError) -> Word {
        guard let word = Word(rawValue: try text()) else { throw damaged() }
        return word
    }

    mutating func wordOrNull<Word: RawRepresentable<String>>(_: Word.Type) throws(CatalogError) -> Word? {
        guard let text = try textOrNull() else { return nil }
        guard let word = Word(rawValue: text) else { throw damaged() }
        return word
    }

    mutating func labels() throws(CatalogError) -> [String: String] {
        guard let object = FlatJSON.strings(try text()) else { throw damaged() }
        return object
    }

    mutating func numbers() throws(CatalogError) -> [String: Int64] {
        guard let object = FlatJSON.integers(try text()) else { throw damaged() }
        return object
    }
}
