import CSQLite

/// A compiled statement. Belongs to its connection and its connection's thread.
package final class Statement {
    package let handle: OpaquePointer
    // A statement must not outlive its connection.
    package let connection: Connection

    init(handle: OpaquePointer, connection: Connection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { connection.call { sqlite3_finalize(handle) } }

    // MARK: Shape

    /// SQLite's word that it makes no direct change to the database file. BEGIN, PRAGMAs and the like count as read-only.
    package var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }
    package var isExplain: Bool { sqlite3_stmt_isexplain(handle) != 0 }
    /// Bytes that the compiled statement holds.
    package var memoryBytes: Int { Int(sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_MEMUSED, 0)) }
    package var isBusy: Bool { sqlite3_stmt_busy(handle) != 0 }
    package var columnCount: Int32 { sqlite3_column_count(handle) }
    package var parameterCount: Int32 { sqlite3_bind_parameter_count(handle) }

    package func columnName(_ index: Int32) -> UnsafePointer<CChar>? { sqlite3_column_name(handle, index) }
    package func columnDeclaredType(_ index: Int32) -> UnsafePointer<CChar>? { sqlite3_column_decltype(handle, index) }

    /// With its sign (`:a`, `@a`, `$a`, `?5`); nil for a plain `?`. Indexes begin at 1.
    package func parameterName(_ index: Int32) -> UnsafePointer<CChar>? { sqlite3_bind_parameter_name(handle, index) }

    // MARK: Binding

    package func bindNull(_ index: Int32) throws(SQLiteError) { try check(sqlite3_bind_null(handle, index)) }
    package func bind(_ value: Int64, _ index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }
    package func bind(_ value: Double, _ index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, index, value))
    }
    package func bind(text: UnsafeRawBufferPointer, _ index: Int32) throws(SQLiteError) {
        let bytes = text.baseAddress?.assumingMemoryBound(to: CChar.self)
        try check(connection.call { rh_bind_text_copy(handle, index, bytes, Int64(text.count)) })
    }
    package func bind(blob: UnsafeRawBufferPointer, _ index: Int32) throws(SQLiteError) {
        try check(connection.call { rh_bind_blob_copy(handle, index, blob.baseAddress, Int64(blob.count)) })
    }
    package func bind(_ value: String, _ index: Int32) throws(SQLiteError) {
        var text = value
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                connection.call {
                    rh_bind_text_copy(handle, index, characters.baseAddress, Int64(characters.count))
                }
            }
        }
        try check(code)
    }
    /// The value of a column of another statement's current row, with its type, in this database's encoding.
    package func bind(_ column: Int32, of source: Statement, _ index: Int32) throws(SQLiteError) {
        try check(connection.call { sqlite3_bind_value(handle, index, sqlite3_column_value(source.handle, column)) })
    }
    package func clearBindings() { connection.call { sqlite3_clear_bindings(handle) } }

    private func check(_ code: Int32) throws(SQLiteError) {
        if code != SQLITE_OK { throw SQLiteError.last(of: connection.database, code) }
    }

    // MARK: Running

    /// One step.
    ///
    /// - Returns: true for a row, false at the end.
    /// - Throws: what SQLite says; the statement must be reset then.
    package func step() throws(SQLiteError) -> Bool {
        let code = connection.call { sqlite3_step(handle) }
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw SQLiteError.last(of: connection.database, code)
    }

    /// Makes it ready to run again; what it held (a read snapshot, locks) is let go.
    package func reset() { connection.call { sqlite3_reset(handle) } }

    // MARK: Columns of the current row

    package enum ValueType: Sendable { case integer, float, text, blob, null }

    package func type(_ column: Int32) -> ValueType {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .float
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    package func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    /// Valid until the next step or reset.
    package func text(_ column: Int32) -> UnsafeRawBufferPointer {
        let bytes = connection.call { sqlite3_column_text(handle, column) }
        return UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column)))
    }

    /// Valid until the next step or reset.
    package func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        let bytes = connection.call { sqlite3_column_blob(handle, column) }
        return UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column)))
    }

    package func string(_ column: Int32) -> String { String(decoding: text(column), as: UTF8.self) }

    /// Rows that a full-table scan stepped over since the last call.
    package func takeScannedRows() -> Int64 {
        Int64(sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1))
    }
}
