import CSQLite
import Hrana
import Terminal

/// Rows of a database file that nobody else uses. Text that is not UTF-8 stays what it is.
final class FileDumpSource: DumpSource {
    private let database: OpaquePointer
    private let literals: DumpLiterals

    /// - Throws: `CommandFailure` where it is no database.
    init(path: String) throws {
        literals = try DumpLiterals()
        var opened: OpaquePointer?
        // Immutable: no lock, and no log beside it is looked for.
        let name = path.split(separator: "/", omittingEmptySubsequences: false).map { RequestPath.encode(String($0)) }
        let uri = "file:" + name.joined(separator: "/") + "?immutable=1"
        let code = sqlite3_open_v2(uri, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nil)
        guard let opened else { throw CommandFailure(.failed, "\(path) cannot be opened: out of memory") }
        database = opened
        guard code == SQLITE_OK else { throw failure() }
    }

    deinit { sqlite3_close_v2(database) }

    func each(_ sql: String, _ row: ([String]) throws -> Void) async throws {
        try step(sql) { statement, columns in try row((0..<columns).map { literal(statement, $0) }) }
    }

    func texts(_ sql: String) async throws -> [[String]] {
        var rows: [[String]] = []
        try step(sql) { statement, columns in
            rows.append((0..<columns).map { String(decoding: Self.bytes(statement, $0), as: UTF8.self) })
        }
        return rows
    }

    private func step(_ sql: String, _ row: (OpaquePointer, Int32) throws -> Void) throws {
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &prepared, nil) == SQLITE_OK, let statement = prepared else {
            throw failure()
        }
        defer { sqlite3_finalize(statement) }
        let columns = sqlite3_column_count(statement)
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: try row(statement, columns)
            case SQLITE_DONE: return
            default: throw failure()
            }
        }
    }

    private func failure() -> CommandFailure {
        CommandFailure(.failed, "the snapshot cannot be read: \(String(cString: sqlite3_errmsg(database)))")
    }

    private func literal(_ statement: OpaquePointer, _ column: Int32) -> String {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return "NULL"
        case SQLITE_INTEGER: return String(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return literals.text(.float(sqlite3_column_double(statement, column)))
        case SQLITE_TEXT:
            let bytes = Self.bytes(statement, column)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return "CAST(\(ValueText.literal(.blob(bytes))) AS TEXT)"
            }
            return ValueText.literal(.text(text))
        default:
            let count = Int(sqlite3_column_bytes(statement, column))
            let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, column), count: count)
            return ValueText.literal(.blob(Array(bytes)))
        }
    }

    private static func bytes(_ statement: OpaquePointer, _ column: Int32) -> [UInt8] {
        let text = sqlite3_column_text(statement, column)
        return Array(UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, column))))
    }
}
