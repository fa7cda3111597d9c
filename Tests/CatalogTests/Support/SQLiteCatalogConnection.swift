import CSQLite
import Catalog
import SQLiteKit

/// A catalog connection straight over SQLite's C API, for tests: no journal, no lanes, nothing of ours below it.
final class SQLiteCatalogConnection: CatalogConnection {
    private let database: OpaquePointer

    /// - Parameter path: of a file, or `:memory:`.
    init(path: String) {
        // Other suites of this process need the library configured before its first use.
        SQLiteRuntime.start()
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nil)
        precondition(code == SQLITE_OK, "cannot open \(path)")
        database = handle!
        sqlite3_busy_timeout(database, 20_000)
        sqlite3_exec(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF", nil, nil, nil)
    }

    deinit { sqlite3_close_v2(database) }

    func begin(writing: Bool) throws(CatalogError) {
        guard sqlite3_exec(database, writing ? "BEGIN IMMEDIATE" : "BEGIN", nil, nil, nil) == SQLITE_OK else {
            throw .unavailable(message)
        }
    }

    func commit() throws(CatalogError) {
        guard sqlite3_exec(database, "COMMIT", nil, nil, nil) == SQLITE_OK else { throw .unavailable(message) }
    }

    func rollback() { sqlite3_exec(database, "ROLLBACK", nil, nil, nil) }

    func execute(_ sql: String, _ arguments: [CatalogValue]) throws(CatalogFault) -> CatalogRows {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { throw .refused(message) }
        defer { sqlite3_finalize(statement) }
        guard Int(sqlite3_bind_parameter_count(statement)) == arguments.count else {
            throw .refused("\(arguments.count) arguments for: \(sql)")
        }
        for (index, argument) in arguments.enumerated() { bind(argument, at: Int32(index + 1), of: statement) }
        let before = sqlite3_total_changes64(database)
        var result = CatalogRows()
        while true {
            let code = sqlite3_step(statement)
            switch code {
            case SQLITE_ROW: result.rows.append((0..<sqlite3_column_count(statement)).map { value(statement, $0) })
            case SQLITE_DONE:
                result.affected = Int(sqlite3_total_changes64(database) - before)
                return result
            case SQLITE_BUSY: throw .unavailable(message)
            case SQLITE_CONSTRAINT:
                let extended = sqlite3_extended_errcode(database)
                guard extended == SQLITE_CONSTRAINT_UNIQUE_CODE || extended == SQLITE_CONSTRAINT_PRIMARYKEY_CODE else {
                    throw .refused(message)
                }
                throw .uniqueViolation
            default: throw .refused(message)
            }
        }
    }

    private var message: String { String(cString: sqlite3_errmsg(database)) }

    private func bind(_ value: CatalogValue, at index: Int32, of statement: OpaquePointer?) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let number): sqlite3_bind_int64(statement, index, number)
        case .text(var text):
            _ = text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    rh_bind_text_copy(statement, index, $0.baseAddress, Int64($0.count))
                }
            }
        case .blob(let blob):
            _ = blob.withUnsafeBytes {
                rh_bind_blob_copy(statement, index, $0.baseAddress, Int64($0.count))
            }
        }
    }

    private func value(_ statement: OpaquePointer?, _ column: Int32) -> CatalogValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_TEXT:
            let bytes = UnsafeRawBufferPointer(
                start: sqlite3_column_text(statement, column), count: Int(sqlite3_column_bytes(statement, column)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let bytes = UnsafeRawBufferPointer(
                start: sqlite3_column_blob(statement, column), count: Int(sqlite3_column_bytes(statement, column)))
            return .blob(Array(bytes))
        default: return .null
        }
    }
}

// Extended codes are macros with shifts, which Swift does not import.
private let SQLITE_CONSTRAINT_UNIQUE_CODE = SQLITE_CONSTRAINT | (8 << 8)
private let SQLITE_CONSTRAINT_PRIMARYKEY_CODE = SQLITE_CONSTRAINT | (6 << 8)
