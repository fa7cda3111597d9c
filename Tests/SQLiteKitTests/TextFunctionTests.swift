import CSQLite
import SQLiteKit
import Testing

/// Our text functions beside SQLite's own, on values of every kind.
@Suite struct TextFunctionTests {
    private static let calls = [
        "instr(?1, ?2)", "replace(?1, ?2, ?3)", "trim(?1)", "ltrim(?1)", "rtrim(?1)", "trim(?1, ?2)", "ltrim(?1, ?2)",
        "rtrim(?1, ?2)", "instr(?2, ?1)", "replace(?1, ?3, ?2)", "trim(?1, ?3)",
    ]

    @Test func `they give what SQLite's own give`() throws {
        let shop = try Workshop()
        let file = try shop.vfs.attach(path: try shop.makeDatabase("a.sqlite", sql: ""), observer: nil)
        let connection = try shop.connect(file)
        let plain = PlainConnection()
        let ours = try Self.calls.map {
            try connection.prepare("SELECT quote(x), typeof(x), hex(x) FROM (SELECT \($0) AS x)")
        }
        var dice = Dice(seed: 7)
        for round in 0..<4_000 {
            let values = (0..<3).map { _ in Value.random(&dice) }
            for (call, statement) in zip(Self.calls, ours) {
                for (index, value) in values.enumerated() where statement.parameterCount > index {
                    try value.bind(to: statement, Int32(index + 1))
                }
                let expected = plain.answer("SELECT quote(x), typeof(x), hex(x) FROM (SELECT \(call) AS x)", values)
                // Characters of more than four bytes to trim are refused: the one difference.
                guard (try? statement.step()) ?? false else {
                    #expect(call.contains("trim"), "round \(round): \(call) of \(values)")
                    statement.reset()
                    continue
                }
                let found = (0..<3).map { statement.string($0) }
                #expect(found == expected, "round \(round): \(call) of \(values)")
                statement.reset()
            }
        }
    }

    @Test func `characters that are none are refused, and sizes beyond the limit`() throws {
        let shop = try Workshop()
        let file = try shop.vfs.attach(path: try shop.makeDatabase("a.sqlite", sql: ""), observer: nil)
        let connection = try shop.connect(file, options: .init(maximumValueBytes: 10_000))
        let wrong = try connection.prepare("SELECT trim('x', CAST(x'F18080808080' AS TEXT))")
        #expect(throws: SQLiteError.self) { try wrong.step() }
        let large = try connection.prepare("SELECT replace(hex(zeroblob(2000)), '0', 'abc')")
        let error = #expect(throws: SQLiteError.self) { try large.step() }
        #expect(error?.code == SQLITE_TOOBIG)
    }
}

private enum Value {
    case null
    case integer(Int64)
    case real(Double)
    case text([UInt8])
    case blob([UInt8])

    /// Few different bytes, so that much is found; some are no UTF-8.
    private static let pieces: [[UInt8]] = [
        [0x61], [0x61], [0x62], [0x20], [0x31], [0xC3, 0xA9], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [0xA9],
        [0xC3],
        [0x80], [0],
    ]

    static func random(_ dice: inout Dice) -> Value {
        switch dice.next() % 12 {
        case 0: return .null
        case 1: return .integer(Int64(dice.next() % 12))
        case 2: return .real(1.5)
        case 3, 4: return .blob(bytes(&dice))
        default: return .text(bytes(&dice))
        }
    }

    private static func bytes(_ dice: inout Dice) -> [UInt8] {
        // Zero bytes and broken characters are rare, or every text would be an odd one.
        let variety = dice.next() % 3 == 0 ? pieces.count : 7
        return (0..<(dice.next() % 9)).flatMap { _ in pieces[Int(dice.next()) % variety] }
    }

    func bind(to statement: Statement, _ index: Int32) throws {
        switch self {
        case .null: try statement.bindNull(index)
        case .integer(let value): try statement.bind(value, index)
        case .real(let value): try statement.bind(value, index)
        case .text(let bytes): try bytes.withUnsafeBytes { try statement.bind(text: $0, index) }
        case .blob(let bytes): try bytes.withUnsafeBytes { try statement.bind(blob: $0, index) }
        }
    }

    func bind(to statement: OpaquePointer?, _ index: Int32) {
        switch self {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let value): sqlite3_bind_int64(statement, index, value)
        case .real(let value): sqlite3_bind_double(statement, index, value)
        case .text(let bytes):
            bytes.withUnsafeBytes { raw in
                _ = rh_bind_text_copy(
                    statement, index, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int64(raw.count))
            }
        case .blob(let bytes):
            bytes.withUnsafeBytes { _ = rh_bind_blob_copy(statement, index, $0.baseAddress, Int64($0.count)) }
        }
    }
}

/// SQLite as it is.
private final class PlainConnection {
    private var database: OpaquePointer?

    init() { precondition(sqlite3_open(":memory:", &database) == SQLITE_OK) }
    deinit { sqlite3_close(database) }

    func answer(_ sql: String, _ values: [Value]) -> [String] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { return [] }
        defer { sqlite3_finalize(statement) }
        for (index, value) in values.enumerated() { value.bind(to: statement, Int32(index + 1)) }
        guard sqlite3_step(statement) == SQLITE_ROW else { return ["error"] }
        return (0..<Int32(3)).map { column in
            let count = Int(sqlite3_column_bytes(statement, column))
            guard let text = sqlite3_column_text(statement, column) else { return "" }
            return String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self)
        }
    }
}
