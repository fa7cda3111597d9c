import CSQLite
import Hrana
import Terminal

/// Values as SQL, checked against the SQLite that is here: a decimal fraction that it would not read as the same number is written
/// exactly. Used by one thread at a time.
final class DumpLiterals {
    private let database: OpaquePointer
    private let reading: OpaquePointer

    /// - Throws: `CommandFailure` where there is no memory.
    init() throws(CommandFailure) {
        var opened: OpaquePointer?
        var prepared: OpaquePointer?
        let isOpen = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK
        let isReady = isOpen && sqlite3_prepare_v2(opened, "SELECT CAST(? AS REAL)", -1, &prepared, nil) == SQLITE_OK
        guard isReady, let opened, let prepared else {
            sqlite3_close_v2(opened)
            throw CommandFailure(.failed, "there is no memory for the dump")
        }
        database = opened
        reading = prepared
    }

    deinit {
        sqlite3_finalize(reading)
        sqlite3_close_v2(database)
    }

    func text(_ value: Value) -> String {
        guard case .float(let number) = value, number.isFinite else { return ValueText.literal(value) }
        let decimal = number.description
        return read(decimal) == number ? decimal : ValueText.exactLiteral(number)
    }

    private func read(_ text: String) -> Double {
        rh_bind_text_copy(reading, 1, text, Int64(text.utf8.count))
        defer { sqlite3_reset(reading) }
        return sqlite3_step(reading) == SQLITE_ROW ? sqlite3_column_double(reading, 0) : .nan
    }
}
