import CSQLite
import SQLiteKit
import Seams

/// A connection with its guard: confinement, watch and statement cache. On the tenant's thread; while it is aside, on that of its
/// statement alone.
final class GuardedConnection {
    let connection: Connection
    private(set) var watch: ExecutionWatch!
    /// Whose connection it is, and who therefore outlives it.
    private(set) unowned var host: TenantDatabase
    /// Used by several callers in turn.
    let isShared: Bool
    /// Its statement runs on a thread of its own, beside the tenant's: nobody else may touch it. Changed by the tenant's thread only.
    var isAside = false
    private let confinement: Confinement
    private var cache: StatementCache
    private var isQueryOnly = false
    /// Nothing that the transaction under way has run brings anything new.
    private var onlyGivesBack = true
    /// The counters of whoever's statement runs now; what `changes()` and its like answer.
    var counters = CallerCounters()

    /// - Parameter isShared: used by several callers in turn, so that nothing may stay behind on it.
    init(_ connection: Connection, of host: TenantDatabase, _ context: DatabaseContext, isShared: Bool) {
        let cacheCapacity = context.settings.statementCache
        confinement = Confinement(isShared: isShared, time: context.time)
        self.connection = connection
        self.host = host
        self.isShared = isShared
        cache = StatementCache(capacity: cacheCapacity)
        connection.authorize(with: confinement)
        watch = ExecutionWatch(self, time: context.time, life: context.life)
        connection.observeProgress(every: ExecutionWatch.stepsBetweenLooks, watch)
        CounterFunctions.register(on: self)
    }

    /// Bytes of a compiled statement that is kept; larger ones are rare and would fill the memory that the tenant has.
    private static let largestCached = 128 << 10

    /// Temp objects or settings of one caller are on it, or may be: it must not go to another.
    var holdsSessionState: Bool { confinement.hasAllowedSessionState }
    /// Nothing of a caller's is on it.
    var isClean: Bool { isAutocommit && !holdsSessionState && !connection.hasBusyStatement }
    var isWriting: Bool { connection.isWriting }
    var isAutocommit: Bool { connection.isAutocommit }

    /// A statement compiled for these rights, taken from the cache or compiled now. Give it back with `finish`.
    ///
    /// - Throws: `SQLFailure`, also for an empty text and for several statements.
    func prepare(_ sql: String, rights: Rights) throws(SQLFailure) -> CachedStatement {
        let key = StatementCache.Key(rights: rights, sql: sql)
        // SQLite compiles again on its own after a schema change: the judge must know for whom.
        confinement.begin(rights, isOwn: false)
        if let known = cache.take(key) {
            try setQueryOnly(rights == .read)
            return known
        }
        let entry = try compile(key)
        if !entry.findings.isPragma, entry.statement.memoryBytes <= Self.largestCached { cache.adopt(entry) }
        try setQueryOnly(rights == .read)
        return entry
    }

    /// The same, never from the cache: a statement that was compiled before the schema changed still tells of the old one
    /// until it is stepped.
    func prepareAfresh(_ sql: String, rights: Rights) throws(SQLFailure) -> CachedStatement {
        confinement.begin(rights, isOwn: false)
        return try compile(StatementCache.Key(rights: rights, sql: sql))
    }

    func finish(_ entry: CachedStatement) {
        entry.statement.reset()
        entry.statement.clearBindings()
        cache.give(back: entry)
    }

    private func compile(_ key: StatementCache.Key) throws(SQLFailure) -> CachedStatement {
        var text = key.sql
        let outcome: Result<(Statement?, Bool), SQLiteError> = text.withUTF8 { bytes in
            do throws(SQLiteError) {
                let raw = UnsafeRawBufferPointer(bytes)
                // SQLite would take it for the end and drop what follows.
                if raw.contains(0) { throw SQLiteError(extendedCode: SQLITE_ERROR, message: Self.zeroByte) }
                let (statement, consumed) = try connection.prepare(raw, persistent: true)
                let rest = UnsafeRawBufferPointer(rebasing: raw[consumed...])
                return .success((statement, try hasStatement(rest)))
            } catch {
                return .failure(error)
            }
        }
        do {
            let (statement, more) = try outcome.get()
            guard let statement else { throw SQLFailure.noStatement }
            guard !more else { throw SQLFailure.manyStatements }
            if confinement.findings.isAlteration { try checkAlteration(key.sql) }
            return CachedStatement(statement: statement, findings: confinement.findings, key: key)
        } catch let error as SQLiteError {
            throw refusal(error)
        } catch {
            throw error as? SQLFailure ?? .noStatement
        }
    }

    private static let zeroByte = "unrecognized token: a zero byte"

    private func checkAlteration(_ sql: String) throws(SQLFailure) {
        var text = sql
        guard text.withUTF8({ ReservedNames.isNamed(in: UnsafeRawBufferPointer($0)) }) else { return }
        throw .blocked("names that begin with _rowhouse_ are the server's")
    }

    /// Only space, comments and semicolons may follow a statement. A broken rest counts as another statement.
    private func hasStatement(_ rest: UnsafeRawBufferPointer) throws(SQLiteError) -> Bool {
        let saved = confinement.findings
        defer { confinement.restore(saved) }
        var left = rest
        while !left.isEmpty {
            do throws(SQLiteError) {
                let (statement, consumed) = try connection.prepare(left)
                if statement != nil { return true }
                guard consumed > 0 else { return false }
                left = UnsafeRawBufferPointer(rebasing: left[consumed...])
            } catch {
                return true
            }
        }
        return false
    }

    private func refusal(_ error: SQLiteError) -> SQLFailure {
        let needsOwn = isShared && confinement.findings.needsOwnConnection && confinement.findings.refusal == nil
        // Where the connection has not seen a change of the schema yet, SQLite says that instead of what was refused.
        if needsOwn, [SQLITE_AUTH, SQLITE_SCHEMA].contains(error.code) { return .needsOwnConnection }
        return nestedRefusal ?? .sqlite(error)
    }

    /// What was refused since the statement began to compile or to run, if anything: statements compile others inside
    /// (`pragma_…` tables, full-text indexes), and say of a refusal there whatever they like.
    private var nestedRefusal: SQLFailure? {
        if confinement.findings.lacksWriteRight { return .lacksWriteRight }
        return confinement.findings.refusal.map { .blocked($0) }
    }

    /// The statement is about to run.
    ///
    /// - Returns: whether it, and all that its transaction ran before it, only gives room back. What was changed may reach the log as
    ///   late as at the commit.
    func beginRunning(_ entry: CachedStatement) -> Bool {
        confinement.beginRunning()
        if isAutocommit { onlyGivesBack = true }
        let isNeutral =
            entry.statement.isReadOnly || entry.findings.transaction != nil || entry.findings.endsTransaction
        if !isNeutral, !entry.findings.givesRoomBack { onlyGivesBack = false }
        return onlyGivesBack
    }

    /// Why a step failed, where that was our doing.
    func refusal(ofRunning error: SQLiteError) -> SQLFailure? {
        switch error.code {
        case SQLITE_AUTH, SQLITE_ERROR, SQLITE_SCHEMA: nestedRefusal
        default: nil
        }
    }

    /// Our own statement, past the confinement.
    func own<T>(_ body: (Connection) throws(SQLiteError) -> T) throws(SQLiteError) -> T {
        confinement.begin(.write, isOwn: true)
        connection.isUnbounded = true
        defer {
            connection.isUnbounded = false
            confinement.begin(.read, isOwn: false)
        }
        if isQueryOnly {
            try connection.setQueryOnly(false)
            isQueryOnly = false
        }
        return try body(connection)
    }

    private func setQueryOnly(_ on: Bool) throws(SQLFailure) {
        guard on != isQueryOnly else { return }
        do throws(SQLiteError) {
            let rights = confinement.rights
            let findings = confinement.findings
            confinement.begin(.write, isOwn: true)
            defer {
                confinement.begin(rights, isOwn: false)
                confinement.restore(findings)
            }
            try connection.setQueryOnly(on)
            isQueryOnly = on
        } catch {
            throw .sqlite(error)
        }
    }
}
