import CSQLite
import Glibc
import Seams

/// One connection to an attached database. Used by one thread at a time; only `interrupt` may come from another.
///
/// Defensive from its first moment: no extensions, no schema writing, no ATTACH, no checkpoint but an armed one.
package final class Connection: @unchecked Sendable {
    // @unchecked: the owner passes it between threads; SQLite in multi-thread mode asks no more than one at a time.
    package struct Options: Sendable {
        /// Pages (of 4 KiB) that the connection may cache.
        package var cachePages: Int32
        package var maximumSQLBytes: Int32
        /// Of one value or row.
        package var maximumValueBytes: Int32
        package var maximumPages: UInt32
        package var maximumExpressionDepth: Int32
        /// Only for `compact`: callers' connections attach nothing.
        package var mayAttach = false

        package init(
            cachePages: Int32 = 250, maximumSQLBytes: Int32 = 1 << 20, maximumValueBytes: Int32 = 32 << 20,
            maximumPages: UInt32 = 0, maximumExpressionDepth: Int32 = 500
        ) {
            self.cachePages = cachePages
            self.maximumSQLBytes = maximumSQLBytes
            self.maximumValueBytes = maximumValueBytes
            self.maximumPages = maximumPages
            self.maximumExpressionDepth = maximumExpressionDepth
        }
    }

    package let database: OpaquePointer
    /// Nil on a scratch file.
    private let file: DatabaseFile?
    private let temporary: TempAccount
    private let memory: MemoryAccount?
    /// Set around our own statements: they are few and short, and must not fail because a caller's took all.
    package var isUnbounded = false
    private var progress: (any ProgressObserver)?
    private var authorizer: (any StatementAuthorizer)?

    /// - Parameter memory: what its calls may allocate; nil is no bound.
    /// - Throws: `SQLiteError`; SQLITE_NOTADB and SQLITE_CORRUPT for a file that is no database.
    package convenience init(
        vfs: DatabaseVFS, file: DatabaseFile, temporary: TempAccount, memory: MemoryAccount? = nil, options: Options
    ) throws(SQLiteError) {
        // Not the path: SQL can ask for the name that a database was opened by.
        try self.init(vfs, file.name, file, temporary, memory, options)
    }

    /// The only connection of a file that may have come from anybody: nothing that its schema holds is run, and nothing but
    /// the file can be reached. For our own statements.
    ///
    /// - Throws: `SQLiteError`; SQLITE_NOTADB and SQLITE_CORRUPT for a file that is no database.
    package convenience init(
        vfs: DatabaseVFS, scratch: ScratchFile, temporary: TempAccount, memory: MemoryAccount, options: Options
    ) throws(SQLiteError) {
        try self.init(vfs, scratch.name, nil, temporary, memory, options)
        runNothingOfSchemas()
        try execute("PRAGMA cell_size_check=ON; PRAGMA journal_mode=OFF; PRAGMA foreign_keys=OFF")
    }

    /// From now on neither triggers nor views of any schema that it sees.
    package func runNothingOfSchemas() {
        for flag in [SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW] {
            _ = rh_db_config_flag(database, Int32(flag), 0)
        }
    }

    private init(
        _ vfs: DatabaseVFS, _ name: String, _ file: DatabaseFile?, _ temporary: TempAccount, _ memory: MemoryAccount?,
        _ options: Options
    ) throws(SQLiteError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        let code = CallState.run(temporary, memory, isUnbounded: false) {
            sqlite3_open_v2(name, &handle, flags, vfs.name)
        }
        guard code == SQLITE_OK, let handle else {
            let error = SQLiteError.last(of: handle, code)
            sqlite3_close_v2(handle)
            throw error
        }
        database = handle
        self.file = file
        self.temporary = temporary
        self.memory = memory
        // First of all: two connections that open one database at the same moment race for the index's recovery.
        sqlite3_busy_timeout(handle, 2_000)
        do {
            try configure(options)
        } catch {
            call { sqlite3_close_v2(handle) }
            throw error
        }
        sqlite3_busy_timeout(handle, 0)
    }

    deinit { call { sqlite3_close_v2(database) } }

    /// Every call into SQLite that may allocate or free goes through here.
    @inline(__always)
    @discardableResult
    package func call<R>(_ body: () -> R) -> R { CallState.run(temporary, memory, isUnbounded: isUnbounded, body) }

    private func configure(_ options: Options) throws(SQLiteError) {
        for (flag, value) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0), (SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0),
            (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1), (SQLITE_DBCONFIG_DQS_DDL, 1), (SQLITE_DBCONFIG_DQS_DML, 1),
        ] {
            _ = rh_db_config_flag(database, Int32(flag), Int32(value))
        }
        sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, options.mayAttach ? 1 : 0)
        sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, options.maximumSQLBytes)
        sqlite3_limit(database, SQLITE_LIMIT_LENGTH, options.maximumValueBytes)
        sqlite3_limit(database, SQLITE_LIMIT_EXPR_DEPTH, options.maximumExpressionDepth)
        // A pattern is compared at every place of a text, and nothing can interrupt that.
        sqlite3_limit(database, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000)
        sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0)
        call { TextFunctions.register(on: database) }
        sqlite3_wal_autocheckpoint(database, 0)
        sqlite3_extended_result_codes(database, 1)
        try execute("PRAGMA cache_size=\(options.cachePages)")
        try execute("PRAGMA synchronous=OFF")
        try execute("PRAGMA secure_delete=OFF")
        if options.maximumPages > 0 { try execute("PRAGMA max_page_count=\(options.maximumPages)") }
    }

    // MARK: Statements

    /// Compiles the first statement of the text.
    ///
    /// - Parameter sql: UTF-8; no terminating zero needed.
    /// - Returns: nil where the text holds nothing but space and comments; `consumed` is how many bytes the statement took.
    package func prepare(_ sql: UnsafeRawBufferPointer, persistent: Bool = false) throws(SQLiteError) -> (
        statement: Statement?, consumed: Int
    ) {
        guard let base = sql.baseAddress, !sql.isEmpty else { return (nil, 0) }
        let text = base.assumingMemoryBound(to: CChar.self)
        var handle: OpaquePointer?
        var tail: UnsafePointer<CChar>?
        let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        let code = call { sqlite3_prepare_v3(database, text, Int32(clamping: sql.count), flags, &handle, &tail) }
        guard code == SQLITE_OK else { throw SQLiteError.last(of: database, code) }
        let consumed = tail.map { UnsafeRawPointer($0) - base } ?? sql.count
        guard let handle else { return (nil, consumed) }
        return (Statement(handle: handle, connection: self), consumed)
    }

    package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var text = sql
        let result: Result<Statement?, SQLiteError> = text.withUTF8 { bytes in
            do throws(SQLiteError) {
                return .success(try prepare(UnsafeRawBufferPointer(bytes)).statement)
            } catch {
                return .failure(error)
            }
        }
        guard let statement = try result.get() else {
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "no statement in the text")
        }
        return statement
    }

    /// Runs every statement of the text, dropping rows. For our own fixed texts.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = call { sqlite3_exec(database, sql, nil, nil, nil) }
        guard code == SQLITE_OK else { throw SQLiteError.last(of: database, code) }
    }

    /// Whether the SQL that is being compiled on this thread is nested so deeply that the stack runs short. To be asked in
    /// an authorizer, which can say so; where it does not, memory is refused a little later.
    package static var isStackShort: Bool { CallState.isStackShort }

    // MARK: State

    /// False inside a transaction.
    package var isAutocommit: Bool { sqlite3_get_autocommit(database) != 0 }
    /// True where a write transaction is open.
    package var isWriting: Bool { sqlite3_txn_state(database, "main") == SQLITE_TXN_WRITE }
    package var isReading: Bool { sqlite3_txn_state(database, "main") != SQLITE_TXN_NONE }
    /// Rows changed by the last INSERT, UPDATE or DELETE.
    package var changes: Int64 { sqlite3_changes64(database) }
    package var totalChanges: Int64 { sqlite3_total_changes64(database) }
    package var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(database) }
    package var hasBusyStatement: Bool {
        var statement = sqlite3_next_stmt(database, nil)
        while let current = statement {
            if sqlite3_stmt_busy(current) != 0 { return true }
            statement = sqlite3_next_stmt(database, current)
        }
        return false
    }

    /// Ends the running statement as soon as it can; from any thread, while the connection lives.
    package func interrupt() { sqlite3_interrupt(database) }

    /// Forbids writes at all levels (`PRAGMA query_only`).
    package func setQueryOnly(_ on: Bool) throws(SQLiteError) {
        try execute(on ? "PRAGMA query_only=1" : "PRAGMA query_only=0")
    }

    /// Whether the connection may take the write lock; the net below `PRAGMA query_only`, which cannot be set while a statement
    /// runs. On the connection's thread, also from within its progress observer.
    package func setMayWrite(_ may: Bool) { mainHandle?.isReadOnly = !may }

    /// Gives cached pages back.
    package func releaseMemory() { call { sqlite3_db_release_memory(database) } }

    /// Bytes of page cache, schema and statements.
    package var memoryBytes: Int {
        var total: Int32 = 0
        for kind in [SQLITE_DBSTATUS_CACHE_USED, SQLITE_DBSTATUS_SCHEMA_USED, SQLITE_DBSTATUS_STMT_USED] {
            var now: Int32 = 0
            var peak: Int32 = 0
            sqlite3_db_status(database, kind, &now, &peak, 0)
            total &+= now
        }
        return Int(total)
    }

    // MARK: Callbacks

    /// Asks the observer every `operations` virtual-machine steps whether the statement may go on.
    package func observeProgress(every operations: Int32, _ observer: any ProgressObserver) {
        progress = observer
        sqlite3_progress_handler(
            database, operations, ConnectionCallbacks.progress, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Asks the authorizer while a statement is compiled.
    package func authorize(with authorizer: any StatementAuthorizer) {
        self.authorizer = authorizer
        sqlite3_set_authorizer(database, ConnectionCallbacks.authorize, Unmanaged.passUnretained(self).toOpaque())
    }

    func mustStop() -> Bool { progress?.mustStop() ?? false }

    func decide(_ request: AuthorizationRequest) -> Int32 {
        switch authorizer?.decide(request) ?? .allow {
        case .allow: SQLITE_OK
        case .deny: SQLITE_DENY
        case .ignore: SQLITE_IGNORE
        }
    }

    // MARK: Compaction

    /// Writes the database's content, without its free pages and in order, into the scratch file (`VACUUM INTO`). Settings
    /// that live in the header stay; the schema's version goes up by one. Memory is bounded by the page caches.
    ///
    /// - Throws: what SQLite says; `target.error` knows what the disk said.
    package func compact(into target: ScratchFile) throws(SQLiteError) {
        try execute("VACUUM main INTO '\(target.name)'")
    }

    /// Makes the scratch file, which nobody has open, the database `name` of this connection.
    ///
    /// - Parameter name: of ours; it is not escaped.
    package func attach(_ scratch: ScratchFile, as name: String) throws(SQLiteError) {
        try execute("ATTACH '\(scratch.name)' AS \(name); PRAGMA \(name).journal_mode=OFF")
    }

    /// Lifts what keeps SQL from writing into the schema's own table. For a file that this connection makes.
    package func setMayWriteSchema(_ may: Bool) throws(SQLiteError) {
        _ = rh_db_config_flag(database, Int32(SQLITE_DBCONFIG_DEFENSIVE), may ? 0 : 1)
        try execute("PRAGMA writable_schema=\(may ? "ON" : "OFF")")
    }

    // MARK: Checkpoint

    package enum CheckpointMode: Sendable {
        /// Copies what no reader hinders; waits for nobody.
        case passive
        /// Copies everything and frees the log; refused while readers hold old snapshots.
        case truncate
    }

    /// Copies the log into the file. The caller has made sure that all of it is durable (rule J2), and runs this on the
    /// thread of the database's writer, with no transaction open.
    ///
    /// - Returns: whether the file now holds everything.
    package func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> Bool {
        guard let file, let handle = mainHandle else { return false }
        file.arm(handle)
        defer { file.disarm() }
        var logFrames: Int32 = 0
        var copied: Int32 = 0
        let flag = mode == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
        let code = call { sqlite3_wal_checkpoint_v2(database, "main", flag, &logFrames, &copied) }
        if code & 0xFF == SQLITE_BUSY { return logFrames >= 0 && logFrames == copied }
        guard code == SQLITE_OK else { throw SQLiteError.last(of: database, code) }
        return logFrames == copied
    }

    private var mainHandle: DatabaseHandle? {
        var pointer: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &pointer)
        guard code == SQLITE_OK, let pointer,
            let raw = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: rh_file.self).pointee.object
        else { return nil }
        return Unmanaged<DatabaseHandle>.fromOpaque(raw).takeUnretainedValue()
    }
}
