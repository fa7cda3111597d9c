package import Vocabulary

/// What is counted of all statements of a tenant together.
package struct StatementTotals: Equatable, Sendable {
    /// When counting began.
    package var since: WallTime
    package var statements: UInt64 = 0
    package var failures: UInt64 = 0
    package var rowsRead: Int64 = 0
    package var rowsWritten: Int64 = 0
    /// Nanoseconds of all statements' runs.
    package var nanoseconds: UInt64 = 0

    init(since: WallTime) { self.since = since }
}
