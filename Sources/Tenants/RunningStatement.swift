import CSQLite
package import SQLiteKit
package import Seams

/// What a statement did, known when it has ended.
package struct ExecutionSummary: Sendable {
    /// `sqlite3_changes` for INSERT, UPDATE and DELETE, else 0.
    package var affectedRows: Int64 = 0
    /// Set after an INSERT.
    package var lastInsertRowID: Int64?
    package var rowsRead: Int64 = 0
    package var rowsWritten: Int64 = 0
}

/// A statement being run for a caller. `finish` must be called, also after an error.
///
/// A read that turns out to be slow leaves its tenant to others while it runs, also between its rows. So while it stands on a row
/// nothing may be used but the statement; `pause` or `finish` come first.
package final class RunningStatement {
    package let statement: Statement
    private let entry: CachedStatement
    private let guarded: GuardedConnection
    private let session: SQLSession
    private let changesBefore: Int64
    private var isFinished = false
    private var hasFailed = false
    /// Another was writing: it will be run again, and counts then.
    private var isPutOff = false
    /// Nanoseconds of its runs before the last pause.
    private var spent: UInt64 = 0
    private var isPaused = false

    init(entry: CachedStatement, guarded: GuardedConnection, session: SQLSession) {
        self.entry = entry
        self.guarded = guarded
        self.session = session
        statement = entry.statement
        changesBefore = guarded.connection.totalChanges
        guarded.counters = session.stream.counters
        // Set for inserts too: one that inserts nothing must not tell of another caller's row afterwards.
        if entry.findings.readsCounters || entry.findings.isInsert {
            sqlite3_set_last_insert_rowid(guarded.connection.database, session.stream.counters.lastInsertRowID)
        }
    }

    deinit { if !isFinished { halt() } }

    /// Other callers use its connection too: it must be finished before the work ends.
    package var isOnSharedConnection: Bool { guarded.isShared }

    /// The statement stays where it is, and the work goes on with something else.
    package func pause() {
        comeBack()
        spent += session.database.now.nanoseconds(since: guarded.watch.started)
        isPaused = true
        guarded.watch.end()
    }

    /// Goes on after a pause, with a deadline of its own.
    package func goOn(until deadline: Instant) {
        isPaused = false
        guarded.watch.begin(entry, deadline: deadline, session.cancellation)
    }

    /// - Returns: true for a row, false at the end.
    package func step() throws(SQLFailure) -> Bool {
        // Another statement of this connection ran in between.
        guarded.watch.ensure(entry, deadline: session.deadline, session.cancellation)
        do throws(SQLiteError) {
            let hasRow = try statement.step()
            session.noteStep(of: entry)
            if !hasRow { comeBack() }
            return hasRow
        } catch {
            hasFailed = true
            comeBack()
            let failure = session.explain(error, on: guarded)
            // One that found another writing has done nothing. Of other failures some leave rows behind (OR FAIL).
            if failure == .writerBusy { isPutOff = true } else { session.noteStep(of: entry) }
            throw failure
        }
    }

    /// Resets the statement and says what it did. Where the statement was a commit, it is on its way to the disk now.
    package func finish() -> ExecutionSummary {
        guard !isFinished else { return ExecutionSummary() }
        isFinished = true
        var summary = ExecutionSummary()
        summary.rowsRead = statement.takeScannedRows()
        // The counters are right only after the statement has halted, which a reset makes it do.
        halt()
        let changesRows = entry.findings.isChange && !entry.findings.isDefinition
        if changesRows, !hasFailed { count(&summary) }
        if changesRows, hasFailed { session.stream.counters.changes = 0 }
        let now = session.database.now
        count(summary, at: now)
        session.didFinish(entry, on: guarded, at: now)
        return summary
    }

    /// Ends a statement whose rows cannot be given to the caller, as one that failed: what it did is undone, where it is a transaction of
    /// its own. SQLite has done all of it before it gives the first row, and would commit it when the statement is reset.
    package func giveUp() {
        guard !isFinished else { return }
        if !hasFailed, !statement.isReadOnly, guarded.isAutocommit, statement.isBusy {
            guarded.connection.interrupt()
            _ = try? statement.step()
            hasFailed = true
        }
        _ = finish()
    }

    private func count(_ summary: ExecutionSummary, at now: Instant) {
        guard !isPutOff else { return }
        if !isPaused { spent += now.nanoseconds(since: guarded.watch.started) }
        session.database.statistics.note(
            entry, nanoseconds: spent, rowsRead: summary.rowsRead, rowsWritten: summary.rowsWritten,
            hasFailed: hasFailed)
    }

    /// From aside, waits until the tenant is this thread's again.
    private func comeBack() { if guarded.isAside { session.database.comeBack(guarded) } }

    private func halt() {
        comeBack()
        guarded.watch.end()
        guarded.finish(entry)
    }

    private func count(_ summary: inout ExecutionSummary) {
        let connection = guarded.connection
        summary.affectedRows = connection.changes
        summary.rowsWritten = connection.totalChanges - changesBefore
        session.stream.counters.changes = connection.changes
        session.stream.counters.totalChanges += summary.rowsWritten
        guard entry.findings.isInsert else { return }
        summary.lastInsertRowID = connection.lastInsertRowID
        session.stream.counters.lastInsertRowID = connection.lastInsertRowID
    }
}
