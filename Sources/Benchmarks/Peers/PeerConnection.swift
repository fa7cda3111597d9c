import CSQLite

/// A plain connection of SQLite on its own VFS, with the statement of the load prepared. One thread at a time.
final class PeerConnection {
    private let database: OpaquePointer
    private let statement: OpaquePointer
    private let workload: Workload

    init(_ path: String, _ workload: Workload, _ mode: SQLitePeer.Synchronous) throws(BenchmarkError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &handle, flags, "unix")
        guard code == SQLITE_OK, let database = handle else {
            let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "code \(code)"
            sqlite3_close_v2(handle)
            throw .sqlite("\(path): \(reason)")
        }
        // The mode is the file's, stored in it; the level of syncing is the connection's.
        sqlite3_exec(database, "PRAGMA synchronous=\(mode.rawValue)", nil, nil, nil)
        sqlite3_busy_timeout(database, 5_000)
        // Logs grow and are copied as under a server that runs on, not at the end of each round.
        _ = rh_db_config_flag(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        var prepared: OpaquePointer?
        guard
            sqlite3_prepare_v3(database, workload.sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
                == SQLITE_OK, let statement = prepared
        else {
            let reason = String(cString: sqlite3_errmsg(database))
            sqlite3_close_v2(database)
            throw .sqlite("\(path): \(reason)")
        }
        self.database = database
        self.statement = statement
        self.workload = workload
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close_v2(database)
    }

    /// One operation.
    ///
    /// - Returns: what went wrong, if something did.
    func run(key: Int64) -> String? {
        defer { sqlite3_reset(statement) }
        switch workload {
        case .writes: return insert()
        case .reads: return select(key)
        }
    }

    private func insert() -> String? {
        rh_bind_text_copy(statement, 1, WorkTable.name, Int64(WorkTable.name.utf8.count))
        rh_bind_text_copy(statement, 2, WorkTable.body, Int64(WorkTable.body.utf8.count))
        return sqlite3_step(statement) == SQLITE_DONE ? nil : complaint
    }

    private func select(_ key: Int64) -> String? {
        sqlite3_bind_int64(statement, 1, key)
        guard sqlite3_step(statement) == SQLITE_ROW else { return complaint }
        guard sqlite3_column_text(statement, 1) != nil,
            sqlite3_column_bytes(statement, 1) == Int32(WorkTable.body.utf8.count)
        else { return "a row with another body" }
        return sqlite3_step(statement) == SQLITE_DONE ? nil : complaint
    }

    private var complaint: String { String(cString: sqlite3_errmsg(database)) }
}
