/// The protocol's name for a result code of SQLite.
package enum SQLiteErrorName {
    /// `SQLITE_` and the name of the primary code, for example `SQLITE_CONSTRAINT` for 2067 (a broken UNIQUE).
    ///
    /// Code 1 is `SQLITE_UNKNOWN`, never `SQLITE_ERROR`: existing servers have always said so and clients compare. So is
    /// every number that is no error of SQLite.
    ///
    /// - Parameter code: primary or extended; only its low byte counts.
    package static func of(code: Int32) -> String {
        let primary = Int(code & 0xFF)
        return names.indices.contains(primary) ? names[primary] : unknown
    }

    private static let unknown = "SQLITE_UNKNOWN"

    /// By primary code. 0 is success, which is no error to name.
    private static let names = [
        unknown, unknown, "SQLITE_INTERNAL", "SQLITE_PERM", "SQLITE_ABORT", "SQLITE_BUSY", "SQLITE_LOCKED",
        "SQLITE_NOMEM", "SQLITE_READONLY", "SQLITE_INTERRUPT", "SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTFOUND",
        "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL", "SQLITE_EMPTY", "SQLITE_SCHEMA", "SQLITE_TOOBIG",
        "SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_MISUSE", "SQLITE_NOLFS", "SQLITE_AUTH", "SQLITE_FORMAT",
        "SQLITE_RANGE", "SQLITE_NOTADB", "SQLITE_NOTICE", "SQLITE_WARNING",
    ]
}
