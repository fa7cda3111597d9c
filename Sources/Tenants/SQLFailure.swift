package import SQLiteKit

/// Why a statement did not run to its end. What it did is undone, as SQLite's statement journal promises; what earlier
/// statements of an open transaction did stays.
package enum SQLFailure: Error, Equatable, Sendable {
    case sqlite(SQLiteError)
    case noStatement
    case manyStatements
    /// The caller may only read; the whole program is refused.
    case lacksWriteRight
    /// A statement or pragma that tenants may not use.
    case blocked(String)
    /// The statement leaves state behind and was asked for on the shared connection. Sessions handle it themselves.
    case needsOwnConnection
    /// Another caller's transaction is writing. Nothing happened; the work waits its turn and runs again from here.
    case writerBusy
    /// The transaction was rolled back because it was too old while others waited.
    case transactionTimedOut
    /// The tenant's content was replaced as a whole; what the stream had open is gone.
    case replaced
    case deadlineExceeded
    /// A read that kept too much of the log from being used again.
    case readExpired
    /// A read that ran while its tenant was to be moved, replaced or dropped.
    case recalled
    /// Nobody waits for the answer any more.
    case cancelled
    /// Too many slow statements on this node.
    case overloaded
    case transactionTooLarge
    case diskFull
    /// The journal or the log memory has no room right now.
    case busy
    /// The tenant's temporary files (sorts, temp tables) have reached their size.
    case temporaryFull
    /// The database has reached its size.
    case quotaExceeded
}
