import CSQLite

/// A copy of a database as one connection's open transaction sees it, page by page, into a plain file, while others write.
///
/// Used on the thread that has the connection. https://sqlite.org/backup.html
package final class DatabaseCopy {
    private let source: Connection
    private let target: OpaquePointer
    private var backup: OpaquePointer?

    /// - Parameters:
    ///   - source: in a transaction, which holds its snapshot until the copy is done.
    ///   - path: of no file yet; SQLite's own file layer writes it, without a sync.
    package init(of source: Connection, to path: String) throws(SQLiteError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        let code = source.call { sqlite3_open_v2(path, &handle, flags, "unix") }
        guard code == SQLITE_OK, let handle else {
            let error = SQLiteError.last(of: handle, code)
            source.call { sqlite3_close_v2(handle) }
            throw error
        }
        self.source = source
        target = handle
        source.call { sqlite3_exec(handle, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nil, nil, nil) }
        backup = source.call { sqlite3_backup_init(handle, "main", source.database, "main") }
        if backup == nil { throw SQLiteError.last(of: handle, sqlite3_errcode(handle)) }
    }

    deinit {
        source.call {
            sqlite3_backup_finish(backup)
            sqlite3_close_v2(target)
        }
    }

    /// Copies some pages more.
    ///
    /// - Returns: whether that was all.
    package func step(pages: Int32) throws(SQLiteError) -> Bool {
        let code = source.call { sqlite3_backup_step(backup, pages) }
        switch code {
        case SQLITE_OK: return false
        case SQLITE_DONE: return true
        default: throw SQLiteError(extendedCode: code, message: String(cString: sqlite3_errstr(code)))
        }
    }
}

/// What is done to a copy before it leaves the house. Blocks.
package enum CopyFinish {
    /// Drops a table, if it is there, and overwrites what it held.
    ///
    /// - Parameter path: a complete database in rollback mode that nobody else has open.
    package static func drop(_ table: String, from path: String) throws(SQLiteError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        let opened = sqlite3_open_v2(path, &handle, flags, "unix")
        defer { sqlite3_close_v2(handle) }
        guard opened == SQLITE_OK else { throw SQLiteError.last(of: handle, opened) }
        let sql =
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA secure_delete=ON; DROP TABLE IF EXISTS \(table)"
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError.last(of: handle, code) }
    }
}
