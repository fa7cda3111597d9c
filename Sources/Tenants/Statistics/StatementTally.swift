/// What is counted of one statement, whatever its literals. On its tenant's thread.
final class StatementTally {
    /// `StatementText.normalised`.
    let text: String
    /// It is in its tenant's table.
    var isListed = false
    var count: UInt64 = 0
    var rowsRead: Int64 = 0
    var rowsWritten: Int64 = 0
    /// Nanoseconds.
    var total: UInt64 = 0
    var longest: UInt64 = 0

    init(_ text: String) { self.text = text }

    /// About what it takes in memory.
    var bytes: Int { text.utf8.count + 200 }

    func add(_ nanoseconds: UInt64, rowsRead: Int64, rowsWritten: Int64) {
        count &+= 1
        total &+= nanoseconds
        longest = max(longest, nanoseconds)
        self.rowsRead &+= rowsRead
        self.rowsWritten &+= rowsWritten
    }
}
