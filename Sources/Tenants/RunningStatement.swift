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
package final class RunningStatement {
    package let statement: Statement
    private let entry: CachedStatement
    private let guarded: GuardedConnection
    private let session: SQLSession
    private let changesBefore: Int64
    private var isFinished = false

    init(entry: CachedStatement, guarded: GuardedConnection, session: SQLSession) {
        self.entry = entry
        self.guarded = guarded
        self.session = session
        statement = entry.statement
        changesBefore = guarded.connection.totalChanges
        guarded.counters = session.stream.counters
        if entry.findings.readsCounters {
            sqlite3_set_last_insert_rowid(guarded.connection.database, session.stream.counters.lastInsertRowID)
        }
    }

    deinit { if !isFinished { guarded.finish(entry) } }

    /// Other callers use its connection too: it must be finished before the work ends.
    package var isOnSharedConnection: Bool { guarded === session.database.shared }

    /// Goes on after a pause, with a deadline of its own.
    package func goOn(until deadline: Instant) { guarded.watch.begin(deadline: deadline) }

    /// - Returns: true for a row, false at the end.
    package func step() throws(SQLFailure) -> Bool {
        do throws(SQLiteError) {
            return try statement.step()
        } catch {
            throw session.explain(error, on: guarded)
        }
    }

    /// Resets the statement and says what it did. Where the statement was a commit, it is on its way to the disk now.
    package func finish() -> ExecutionSummary {
        guard !isFinished else { return ExecutionSummary() }
        isFinished = true
        var summary = ExecutionSummary()
        summary.rowsRead = statement.takeScannedRows()
        let connection = guarded.connection
        let written = connection.totalChanges - changesBefore
        if entry.findings.isChange, !statement.isReadOnly {
            summary.affectedRows = connection.changes
            summary.rowsWritten = written
            session.stream.counters.changes = connection.changes
            session.stream.counters.totalChanges += written
            if entry.findings.isInsert {
                summary.lastInsertRowID = connection.lastInsertRowID
                session.stream.counters.lastInsertRowID = connection.lastInsertRowID
            }
        }
        guarded.finish(entry)
        session.didFinish(entry, on: guarded)
        return summary
    }
}
