import CSQLite
import Lanes
package import SQLiteKit
package import Seams
package import Vocabulary

/// One open tenant: its file, its shared connection, its streams. Everything here happens on the tenant's thread.
package final class TenantDatabase {
    package let tenant: TenantID
    let file: DatabaseFile
    let recorder: CommitRecorder
    /// The tenant that this belongs to, set when it is opened.
    unowned var host: Tenant!
    var sharedConnection: GuardedConnection?
    var readers: TenantReaders
    let streams: StreamTable
    let statistics: TenantStatistics
    let context: DatabaseContext
    private let temporary: TempAccount
    let memory: MemoryAccount
    private var spare: GuardedConnection?
    /// Of the work that runs now.
    var cancellation: WorkCancellation?
    /// Set while the tenant changes hands.
    var hold = WriteHold.none
    /// Asked for and not yet ended.
    private(set) var compaction: Compaction?
    /// For which its writers are held, or are about to be.
    var replacement: Replacement?
    /// Log bytes when a checkpoint was last tried and could not empty the log.
    private var triedAt = 0
    /// When a full log is next to be copied.
    private var nextTry = Instant(nanoseconds: 0)

    /// - Throws: `SQLiteError` where the file is no database.
    init(tenant: TenantID, file: DatabaseFile, recorder: CommitRecorder, context: DatabaseContext) throws(SQLiteError) {
        self.tenant = tenant
        self.file = file
        self.recorder = recorder
        self.context = context
        temporary = TempAccount(limit: context.settings.temporaryBytes)
        memory = MemoryAccount(limitBytes: context.settings.sqlMemoryPerTenant, budget: context.memory)
        readers = TenantReaders(
            limit: context.settings.readersPerTenant, idleTime: context.settings.readerIdle)
        statistics = TenantStatistics(
            tenant, context.statistics, load: recorder.load, opened: context.time.wall())
        streams = StreamTable(
            limit: context.settings.streamsPerTenant, nodeCount: context.streamCount,
            nodeLimit: context.settings.streamsPerNode)
        // Reads the schema now, so that a file that is no database is found at the door.
        let first = try context.connect(file, of: self, temporary: temporary, memory: memory, isShared: true)
        sharedConnection = first
        _ = try first.own { connection throws(SQLiteError) in
            try connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
        }
    }

    var now: Instant { context.time.monotonic() }

    /// The newest commit's LSN; an answer given now may leave when it is durable (rule J1).
    package var newestLSN: LSN { recorder.newestLSN }
    package var state: TenantState { recorder.state }
    package var bookmark: Bookmark { Bookmark(epoch: recorder.state.epoch, txid: recorder.state.txid) }

    // MARK: Sessions

    /// A session on a stream that the caller has taken (`isInUse`).
    package func session(on stream: TenantStream, rights: Rights, deadline: Instant) -> SQLSession {
        assert(host.isOnDuty)
        stream.lastUse = now
        return SQLSession(
            database: self, stream: stream, rights: rights, deadline: deadline, cancellation: cancellation)
    }

    /// A stream for one request, known to nobody else.
    package func temporaryStream(principal: UInt64) -> TenantStream {
        TenantStream(id: 0, principal: principal, now: now)
    }

    package func openStream(principal: UInt64) throws(StreamError) -> TenantStream {
        try streams.open(id: context.random.next() | 1, principal: principal, now: now)
    }

    /// Goes on with a stream that a baton names.
    package func resumeStream(_ ticket: StreamTicket) throws(StreamError) -> TenantStream {
        let stream = try streams.resume(ticket, now: now)
        stream.endSuspended(.nextRequest)
        return stream
    }

    /// The end of a request on a stream that lives on: the next one may come.
    package func leave(_ stream: TenantStream) {
        assert(host.isOnDuty)
        stream.isInUse = false
        stream.compaction = nil
        stream.lastUse = now
    }

    /// Ends the stream: its transaction is rolled back.
    package func close(_ stream: TenantStream) {
        assert(host.isOnDuty)
        streams.remove(stream)
        discardConnection(of: stream)
    }

    /// Our own statements, past confinement and rights: the catalog, the node state, the server's own tables.
    package func own<T>(_ body: (Connection) throws(SQLiteError) -> T) throws(SQLiteError) -> T {
        try shared().own(body)
    }

    // MARK: Connections

    /// The connection of all callers without state of their own.
    func shared() throws(SQLiteError) -> GuardedConnection {
        assert(host.isOnDuty)
        if let known = sharedConnection { return known }
        let fresh: GuardedConnection
        if let spare = readers.takeSpare() {
            fresh = spare
        } else {
            fresh = try context.connect(file, of: self, temporary: temporary, memory: memory, isShared: true)
        }
        sharedConnection = fresh
        return fresh
    }

    func takeConnection() throws(SQLiteError) -> GuardedConnection {
        assert(host.isOnDuty)
        if let kept = spare {
            spare = nil
            return kept
        }
        return try context.connect(file, of: self, temporary: temporary, memory: memory, isShared: false)
    }

    /// Keeps the connection for the next stream that needs one, unless something of the last one's is on it.
    func giveBack(_ guarded: GuardedConnection) {
        if spare == nil, guarded.isClean { spare = guarded }
    }

    func discardConnection(of stream: TenantStream) {
        stream.endSuspended(.closed)
        guard let own = stream.connection else { return }
        rollBack(own, of: stream)
        stream.connection = nil
        giveBack(own)
    }

    /// Rolls the stream's transaction back; its temp objects and settings stay.
    func endTransaction(of stream: TenantStream) {
        stream.endSuspended(.closed)
        guard let own = stream.connection else { return }
        rollBack(own, of: stream)
        guard own.isClean else { return }
        stream.connection = nil
        giveBack(own)
    }

    private func rollBack(_ own: GuardedConnection, of stream: TenantStream) {
        stream.transactionStarted = nil
        stream.isReadOnlyTransaction = false
        guard !own.isAutocommit else { return }
        // A connection that cannot even do this is not clean; closing it rolls back too.
        _ = try? own.own { connection throws(SQLiteError) in try connection.execute("ROLLBACK") }
    }

    /// Whether a transaction on another connection is writing.
    func isWritten(byOtherThan guarded: GuardedConnection) -> Bool { writer(otherThan: guarded) != nil }

    func writer(otherThan guarded: GuardedConnection?) -> TenantStream? {
        streams.all.first { stream in
            guard let own = stream.connection, own !== guarded, !own.isAside else { return false }
            return own.isWriting
        }
    }

    var hasOpenTransaction: Bool { streams.all.contains { $0.transactionStarted != nil } }

    /// A connection that may hold an old snapshot.
    var hasBusyConnection: Bool {
        !readers.isEmpty || sharedConnection?.connection.hasBusyStatement ?? false
            || streams.all.contains { stream in
                guard let own = stream.connection else { return false }
                return !own.isAutocommit || own.connection.hasBusyStatement
            }
    }

    /// Nobody would miss the connections: every stream can be opened again from its baton.
    var isIdle: Bool {
        hold == .none && recorder.followed == nil && readers.isEmpty
            && streams.all.allSatisfy { !$0.isInUse && $0.isClean }
            && !(sharedConnection?.connection.hasBusyStatement ?? false)
    }

    /// Which bound a statement met: SQLite says the same of all of them.
    func explainFull(_ error: SQLiteError, on guarded: GuardedConnection) -> SQLFailure {
        switch recorder.takeRefusal() {
        case .transactionTooLarge: return .transactionTooLarge
        case .diskFull: return .diskFull
        case .journalFull: return .busy
        case nil: break
        }
        if temporary.takeRefusal() { return .temporaryFull }
        if temporary.takeDiskFull() { return .diskFull }
        if file.takeLogRefusal() { return .busy }
        // Nothing else is ever full but the database, or a table's numbers.
        guard context.settings.databasePages > 0, mayHaveReachedSize, !hasSpentNumbers(guarded) else {
            return .sqlite(error)
        }
        return .quotaExceeded
    }

    /// Whether the transaction that failed can have grown the database to its bound: what it had added is in the log or in
    /// the page cache.
    private var mayHaveReachedSize: Bool {
        let unwritten = 2 * Int(context.settings.cachePages) + 64
        return Int(file.pageCount) + recorder.loggedPages + unwritten >= Int(context.settings.databasePages)
    }

    /// Whether a table with AUTOINCREMENT has given its last number.
    private func hasSpentNumbers(_ guarded: GuardedConnection) -> Bool {
        // Where no table ever had AUTOINCREMENT this fails.
        let found = try? guarded.own { connection throws(SQLiteError) in
            try connection.prepare("SELECT 1 FROM sqlite_sequence WHERE seq = \(Int64.max) LIMIT 1").step()
        }
        return found ?? false
    }

    // MARK: Memory

    /// Page caches, schemas and statements, and the log.
    var memoryBytes: Int { memory.usedBytes + file.logCapacity }

    /// Streams that nobody is using and that a baton opens again leave: they need not keep the tenant open.
    func forgetCleanStreams() {
        for stream in streams.all where !stream.isInUse && stream.isClean { streams.remove(stream) }
    }

    func releaseSpares() {
        spare = nil
        readers.closeSpares()
    }

    /// On the clock.
    func releaseIdle() { readers.closeIdle(now: now) }

    // MARK: Compaction

    /// The compaction that goes on, or a new one.
    ///
    /// - Throws: `.busy` where the node has too many.
    func compact(until deadline: Instant) throws(SQLFailure) -> Compaction {
        if let compaction { return compaction }
        let fresh = Compaction(tenant, deadline: deadline)
        guard context.compactions.add(fresh) else { throw .busy }
        compaction = fresh
        return fresh
    }

    var isHeldForCompaction: Bool { compaction?.isHolding ?? false }
    /// It goes on in another file in a moment.
    var isHeldForAnotherFile: Bool { isHeldForCompaction || replacement != nil }

    /// Everything that is written from now on goes into the other file, whose content is the same.
    ///
    /// - Returns: the record's LSN; nil, with nothing done, while somebody reads.
    func goOn(
        in path: String, as next: TenantState, previous: Generation, _ events: EventRecorder
    ) throws(TenantsError) -> LSN? {
        var lsn: LSN?
        let size = Int64(next.pageCount) * Int64(PageHash.pageSize)
        let isDone = try file.replace(path: path, size: size) { () throws(TenantsError) in
            lsn = try events.replaced(tenant, next, previous: previous)
        }
        guard isDone, let lsn else { return nil }
        recorder.goOn(as: next, lsn)
        triedAt = 0
        return lsn
    }

    /// The writers go on, whatever came of it.
    func letGo(of ended: Compaction, _ outcome: Result<Void, SQLFailure>) {
        ended.end(outcome)
        guard compaction === ended else { return }
        compaction = nil
        if ended.isHolding { thaw() }
    }

    /// The same of a replacement.
    func letGo(of ended: Replacement) {
        guard replacement === ended else { return }
        replacement = nil
        if hold != .none { thaw() }
    }

    /// The writers go on, and the compaction tries again later.
    func pause(_ paused: Compaction) {
        guard compaction === paused, paused.isHolding else { return }
        paused.isHolding = false
        thaw()
    }

    func thaw() {
        hold = .none
        recorder.isHeld = false
    }

    // MARK: Replacement

    /// Rolls back what streams have open; they are told why.
    func endTransactions(_ reason: SQLFailure) {
        for stream in streams.all {
            guard let own = stream.connection, !own.isAside else { continue }
            let wasInTransaction = !own.isAutocommit
            endTransaction(of: stream)
            if wasInTransaction { stream.rolledBack = reason }
        }
    }

    /// Closes every connection: what they know, and what callers made on them, is of another content. With no reader aside.
    func closeConnections(_ reason: SQLFailure) {
        for stream in streams.all {
            guard let own = stream.connection else { continue }
            let hadState = !own.isAutocommit || own.holdsSessionState
            endTransaction(of: stream)
            stream.connection = nil
            if hadState { stream.rolledBack = reason }
        }
        sharedConnection = nil
        releaseSpares()
    }

    // MARK: Checkpoint

    /// The log has grown by enough since it was last copied, or since that was last tried in vain.
    var wantsCheckpoint: Bool {
        let live = file.liveLogBytes
        if live < triedAt { triedAt = 0 }
        if live - triedAt >= context.settings.checkpointLogBytes { return true }
        // A full log grows no more; then it is time that counts.
        return file.isLogFull && now >= nextTry
    }

    /// Copies the log into the file; the caller has made sure that `newestLSN` is durable (rule J2).
    ///
    /// - Returns: whether the file (not yet synced) holds everything.
    func checkpoint() throws(SQLiteError) -> Bool {
        guard file.logBytes > 0 else {
            findChecksum()
            return true
        }
        defer {
            triedAt = file.liveLogBytes
            nextTry = now.advanced(byNanoseconds: context.settings.checkpointPause)
        }
        let isWhole = try shared().own { connection throws(SQLiteError) in
            try connection.checkpoint(hasBusyConnection ? .passive : .truncate)
        }
        if isWhole { findChecksum() }
        return isWhole
    }

    /// Where nobody knows it any more: from the file, which has everything now. Where that cannot be read either, a later
    /// checkpoint tries again.
    private func findChecksum() {
        guard !state.isChecksumKnown, file.fileSize == Int64(state.pageCount) * Int64(PageHash.pageSize) else { return }
        _ = Lane.stepAside()
        if let found = try? FileChecksum.of(file.path, context.vfs.files) { recorder.found(found) }
    }

    /// Rolls back what is open. The file stays attached; its log too, if a checkpoint did not empty it.
    func closeStreams() {
        precondition(readers.isEmpty, "streams were closed under a reader")
        compaction?.end(.failure(.busy))
        compaction = nil
        replacement = nil
        for stream in streams.all { close(stream) }
        releaseSpares()
    }
}
