import CSQLite

/// What libsqlite3 said: the primary and extended result code and its message.
package struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// For example SQLITE_CONSTRAINT_UNIQUE (2067).
    package let extendedCode: Int32
    package let message: String
    /// Byte offset of the offending token in the SQL, or -1.
    package let offset: Int32

    package init(extendedCode: Int32, message: String, offset: Int32 = -1) {
        self.extendedCode = extendedCode
        self.message = message
        self.offset = offset
    }

    /// For example SQLITE_CONSTRAINT (19).
    package var code: Int32 { extendedCode & 0xFF }

    package var description: String { "SQLite error \(extendedCode): \(message)" }

    static func last(of database: OpaquePointer?, _ code: Int32) -> SQLiteError {
        guard let database else {
            return SQLiteError(extendedCode: code, message: String(cString: sqlite3_errstr(code)))
        }
        let extended = sqlite3_extended_errcode(database)
        // A misuse leaves the connection's own error as it was.
        guard extended & 0xFF == code & 0xFF else {
            return SQLiteError(extendedCode: code, message: String(cString: sqlite3_errstr(code)))
        }
        return SQLiteError(
            extendedCode: extended, message: String(cString: sqlite3_errmsg(database)),
            offset: sqlite3_error_offset(database))
    }
}

extension SQLiteError {
    /// No room: on the device, in a quota, or in what the observer gives.
    package var isDiskFull: Bool { code == SQLITE_FULL }

    /// The file's content is wrong, as against a disk that does not answer.
    package var isDamage: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }
}
