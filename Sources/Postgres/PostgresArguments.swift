import Catalog

/// A statement's arguments as libpq takes them: all in binary, in one buffer, never as part of the SQL.
struct PostgresArguments {
    private(set) var types: [UInt32] = []
    private(set) var lengths: [Int32] = []
    /// Where each begins in `bytes`; nil for NULL.
    private var starts: [Int?] = []
    private var bytes: [UInt8] = []

    /// - Throws: `PostgresFault.refused` for what PostgreSQL does not store.
    init(_ values: [CatalogValue]) throws(PostgresFault) {
        for (index, value) in values.enumerated() {
            switch value {
            case .null: add(PostgresType.unknown, nil)
            case .integer(let number):
                add(PostgresType.int8, (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * Int64($0))) })
            case .text(let text):
                let utf8 = Array(text.utf8)
                guard !utf8.contains(0) else {
                    throw .refused(
                        "argument \(index + 1) is text with a NUL character, which PostgreSQL does not store")
                }
                add(PostgresType.text, utf8)
            case .blob(let blob): add(PostgresType.bytea, blob)
            }
        }
    }

    /// What tells statements apart that differ in their arguments' types only.
    var signature: String { types.map { String($0) }.joined(separator: ",") }

    private mutating func add(_ type: UInt32, _ value: [UInt8]?) {
        types.append(type)
        starts.append(value.map { _ in bytes.count })
        lengths.append(Int32(value?.count ?? 0))
        bytes += value ?? []
        // So that even an empty last value has an address of its own: a null pointer would mean NULL.
        bytes.append(0)
    }

    /// - Parameter body: is given the addresses of the values, which hold during the call.
    func withPointers<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
        bytes.withUnsafeBytes { buffer in
            let base = buffer.bindMemory(to: CChar.self).baseAddress
            let pointers = starts.map { start in start.flatMap { start in base.map { $0 + start } } }
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}

/// Numbers of PostgreSQL's own types, which never change.
enum PostgresType {
    static let unknown: UInt32 = 0
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let numeric: UInt32 = 1700
}
