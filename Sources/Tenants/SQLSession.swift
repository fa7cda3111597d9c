import CSQLite
import Lanes
package import SQLiteKit
package import Seams

/// One caller's view of a tenant while one of its works runs: chooses the connection, checks rights, keeps counters and
/// transactions apart. On the tenant's thread.
package final class SQLSession {
    package let stream: TenantStream
    let database: TenantDatabase
    private let rights: Rights
    /// When a statement that is started from now on is ended.
    package var deadline: Instant
    let cancellation: WorkCancellation?
    /// A statement that is not a mere read was stepped. As long as this is false, and no answer has left, everything can
    /// be done again elsewhere: what is lost with the stream is at most a transaction that was not committed.
    package private(set) var mayHaveChanged = false
    private let began: Instant
    /// Many short statements hold a lane up like a long one: after so many nanoseconds it is given away.
    private static let slowAfter: UInt64 = 5_000_000

    init(
        database: TenantDatabase, stream: TenantStream, rights: Rights, deadline: Instant,
        cancellation: WorkCancellation?
    ) {
        self.database = database
        self.stream = stream
        self.rights = rights
        self.deadline = deadline
        self.cancellation = cancellation
        began = database.now
    }

    /// Nobody waits for what this session does.
    package var isCancelled: Bool { cancellation?.isCancelled ?? false }

    func noteStep(of entry: CachedStatement) {
        if !entry.isMereRead { mayHaveChanged = true }
    }

    /// False inside a transaction of this stream.
    package var isAutocommit: Bool { stream.connection?.isAutocommit ?? true }

    /// Compiles one statement and makes it ready to be bound and stepped.
    ///
    /// - Throws: `SQLFailure`; nothing has run then.
    package func start(_ sql: String) throws(SQLFailure) -> RunningStatement {
        let (entry, guarded) = try prepare(sql)
        return try begin(entry, on: guarded)
    }

    /// The same on a connection that only this stream uses, so that the statement may stay open when the work ends. The
    /// connection is given back with the statement.
    package func startOwn(_ sql: String) throws(SQLFailure) -> RunningStatement {
        let own = try ownConnection()
        do throws(SQLFailure) {
            return try begin(try own.prepare(sql, rights: effectiveRights), on: own)
        } catch {
            releaseConnectionIfClean()
            throw error
        }
    }

    private func begin(_ entry: CachedStatement, on guarded: GuardedConnection) throws(SQLFailure) -> RunningStatement {
        do throws(SQLFailure) {
            if isCancelled { throw SQLFailure.cancelled }
            try checkTimeout(entry)
        } catch {
            guarded.finish(entry)
            throw error
        }
        if database.hold != .none { try waitForHold(entry, on: guarded) }
        guarded.watch.begin(entry, deadline: deadline, cancellation)
        // Where no thread is to be had for the lane's others it goes on: its statements are short, and their number is bounded.
        if guarded.watch.started.nanoseconds(since: began) >= Self.slowAfter { _ = Lane.stepAside() }
        database.recorder.givesRoomBack = guarded.beginRunning(entry)
        return RunningStatement(entry: entry, guarded: guarded, session: self)
    }

    /// Compiles without running and hands the statement to `body`. A pragma that acts while it is compiled is not
    /// compiled: `body` gets nil for it.
    package func describe<T>(_ sql: String, _ body: (Statement?) -> T) throws(SQLFailure) -> T {
        do throws(SQLFailure) {
            let shared = try sharedConnection()
            let entry = try shared.prepareAfresh(sql, rights: effectiveRights)
            defer { shared.finish(entry) }
            return body(entry.statement)
        } catch {
            guard error == .needsOwnConnection else { throw error }
        }
        guard let own = stream.connection else { return try describeApart(sql, body) }
        return try describe(sql, on: own, body)
    }

    /// A BEGIN or a temp object compiles on a connection of its own and leaves nothing there unless it is run.
    private func describeApart<T>(_ sql: String, _ body: (Statement?) -> T) throws(SQLFailure) -> T {
        let own = try ownConnection()
        defer { releaseConnectionIfClean() }
        return try describe(sql, on: own, body)
    }

    private func describe<T>(_ sql: String, on guarded: GuardedConnection, _ body: (Statement?) -> T) throws(SQLFailure)
        -> T
    {
        guard !StatementSplitter.isPragma(sql) else { return body(nil) }
        let entry = try guarded.prepareAfresh(sql, rights: effectiveRights)
        defer { guarded.finish(entry) }
        return body(entry.statement)
    }

    /// `BEGIN READONLY`: a deferred transaction that refuses writes.
    package func beginReadOnly() throws(SQLFailure) -> ExecutionSummary {
        let running = try runToEnd("BEGIN")
        stream.isReadOnlyTransaction = true
        return running.finish()
    }

    /// `VACUUM`: done by the server, which writes the content into a new file. To be called again, as any statement that has
    /// to wait for other writers, until it returns.
    ///
    /// - Throws: `.writerBusy` while it goes on; `.lacksWriteRight`, `.diskFull`, `.deadlineExceeded`, `.busy`, and inside of
    ///   a transaction what SQLite says there. The database is as it was then.
    package func compact() throws(SQLFailure) {
        guard rights == .write else { throw .lacksWriteRight }
        // Its client believes to be in a transaction.
        if let failure = stream.rolledBack { throw failure }
        guard isAutocommit else {
            throw .sqlite(SQLiteError(extendedCode: SQLITE_ERROR, message: "cannot VACUUM from within a transaction"))
        }
        if stream.compaction == nil { try askToCompact() }
        guard let outcome = stream.compaction?.outcome else { throw .writerBusy }
        stream.compaction = nil
        // Another's time was over, not ours.
        if case .failure(.deadlineExceeded) = outcome, database.now < deadline {
            try askToCompact()
            throw .writerBusy
        }
        try outcome.get()
    }

    private func askToCompact() throws(SQLFailure) {
        // While the tenant changes hands it waits here, and not where it would keep other tenants' waiting.
        guard database.hold == .none || database.isHeldForCompaction else { throw .writerBusy }
        stream.compaction = try database.compact(until: deadline)
    }

    /// Runs every statement of a text, dropping rows, and stops at the first failure; what ran before stays.
    ///
    /// - Parameter offset: where to go on, in bytes; advanced past each statement that has run, so that the work can wait
    ///   for the writer in the middle.
    package func runScript(_ sql: String, from offset: inout Int) throws(SQLFailure) {
        let bytes = Array(sql.utf8)
        while offset < bytes.count { try runNext(of: bytes, at: &offset) }
    }

    /// The same for one statement, or for what stands in the place of one.
    ///
    /// - Parameter bytes: UTF-8, longer than `offset`.
    package func runNext(of bytes: [UInt8], at offset: inout Int) throws(SQLFailure) {
        offset += StatementSplitter.emptyLength(bytes[offset...])
        let length = StatementSplitter.firstLength(bytes[offset...])
        let text = String(decoding: bytes[offset..<(offset + length)], as: UTF8.self)
        do throws(SQLFailure) {
            try run(text)
        } catch {
            guard error == .noStatement else { throw error }
        }
        offset += length
    }

    /// Runs one statement to its end, dropping rows.
    package func run(_ sql: String) throws(SQLFailure) { _ = try runToEnd(sql).finish() }

    /// - Returns: the statement, which is still to be finished.
    private func runToEnd(_ sql: String) throws(SQLFailure) -> RunningStatement {
        let running = try start(sql)
        do throws(SQLFailure) {
            while try running.step() {}
        } catch {
            _ = running.finish()
            throw error
        }
        return running
    }

    // MARK: Connections

    private var effectiveRights: Rights { stream.isReadOnlyTransaction ? .read : rights }

    private func prepare(_ sql: String) throws(SQLFailure) -> (CachedStatement, GuardedConnection) {
        if let own = stream.connection { return (try own.prepare(sql, rights: effectiveRights), own) }
        do throws(SQLFailure) {
            let shared = try sharedConnection()
            return (try shared.prepare(sql, rights: effectiveRights), shared)
        } catch {
            guard error == .needsOwnConnection else { throw error }
        }
        let own = try ownConnection()
        do throws(SQLFailure) {
            return (try own.prepare(sql, rights: effectiveRights), own)
        } catch {
            releaseConnectionIfClean()
            throw error
        }
    }

    private func sharedConnection() throws(SQLFailure) -> GuardedConnection {
        do throws(SQLiteError) { return try database.shared() } catch { throw .sqlite(error) }
    }

    private func ownConnection() throws(SQLFailure) -> GuardedConnection {
        if let own = stream.connection { return own }
        do throws(SQLiteError) {
            let own = try database.takeConnection()
            stream.connection = own
            return own
        } catch {
            throw .sqlite(error)
        }
    }

    /// Gives the stream's connection back as soon as no state of the caller's is on it.
    package func releaseConnectionIfClean() {
        guard let own = stream.connection, own.isClean else { return }
        stream.connection = nil
        database.giveBack(own)
    }

    // MARK: Transactions

    /// While the tenant changes hands, writes and transactions wait for it as they would for another caller's transaction.
    private func waitForHold(_ entry: CachedStatement, on guarded: GuardedConnection) throws(SQLFailure) {
        let findings = entry.findings
        guard !entry.statement.isReadOnly || findings.needsOwnConnection || findings.isWritingPragma,
            database.parks(stream)
        else { return }
        guarded.finish(entry)
        releaseConnectionIfClean()
        throw .writerBusy
    }

    private func checkTimeout(_ entry: CachedStatement) throws(SQLFailure) {
        guard let failure = stream.rolledBack else { return }
        switch entry.findings.transaction {
        case .begin: stream.rolledBack = nil
        case .rollback, .commit:
            stream.rolledBack = nil
            throw failure
        case nil: throw failure
        }
    }

    func didFinish(_ entry: CachedStatement, on guarded: GuardedConnection, at now: Instant) {
        // A long statement is no idleness.
        stream.lastUse = now
        guard guarded === stream.connection else { return database.giveBackShared(guarded) }
        if guarded.isAutocommit {
            stream.transactionStarted = nil
            stream.isReadOnlyTransaction = false
            releaseConnectionIfClean()
        } else if stream.transactionStarted == nil {
            stream.transactionStarted = now
        }
    }

    /// What a failed step means to the caller.
    func explain(_ error: SQLiteError, on guarded: GuardedConnection) -> SQLFailure {
        if let refusal = guarded.refusal(ofRunning: error) { return refusal }
        switch error.code {
        case SQLITE_INTERRUPT where isCancelled: return .cancelled
        case SQLITE_INTERRUPT:
            switch guarded.watch.stop {
            case .deadline: return .deadlineExceeded
            case .tooManySlow, .holdsJournal: return .overloaded
            case .recalled(.expired): return .readExpired
            case .recalled(.tenantLeaves): return .recalled
            case .cancelled, nil: return .sqlite(error)
            }
        case SQLITE_BUSY:
            // A stale snapshot can never become a write, however long one waits.
            let isStale = error.extendedCode == SQLITE_BUSY | (2 << 8)
            return !isStale && database.isWritten(byOtherThan: guarded) ? .writerBusy : .sqlite(error)
        case SQLITE_FULL:
            return database.explainFull(error, on: guarded)
        default:
            return .sqlite(error)
        }
    }
}
