/// What is known of a statement once it has run.
package struct StatementSummary: Hashable, Sendable {
    /// Rows changed by an INSERT, UPDATE or DELETE; 0 for anything else.
    package var affectedRows: Int64
    /// Set after an INSERT or REPLACE only.
    package var lastInsertRowID: Int64?
    package var rowsRead: Int64
    package var rowsWritten: Int64
    package var nanoseconds: UInt64

    package init(
        affectedRows: Int64 = 0, lastInsertRowID: Int64? = nil, rowsRead: Int64 = 0, rowsWritten: Int64 = 0,
        nanoseconds: UInt64 = 0
    ) {
        self.affectedRows = affectedRows
        self.lastInsertRowID = lastInsertRowID
        self.rowsRead = rowsRead
        self.rowsWritten = rowsWritten
        self.nanoseconds = nanoseconds
    }
}
