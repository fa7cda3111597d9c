/// What is measured: the same statements for every contender.
package enum Workload: String, CaseIterable, Sendable {
    /// Commits of one row, each acknowledged when it is durable (or, for the limit, when SQLite says so).
    case writes
    /// One row by its key.
    case reads

    var sql: String {
        switch self {
        case .writes: WorkTable.insert
        case .reads: WorkTable.select
        }
    }
}

/// The table that every tenant and every file has.
package enum WorkTable {
    /// Rows that a tenant begins with; reads choose among them.
    package static let rows = 100
    package static let name = "entry"
    /// 64 bytes.
    package static let body = String(repeating: "rowhouse", count: 8)

    package static let insert = "INSERT INTO entries (name, body) VALUES (?, ?)"
    package static let select = "SELECT name, body FROM entries WHERE id = ?"

    /// Makes the table and its first rows; one transaction's worth.
    package static let schema = """
        CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL);
        INSERT INTO entries (name, body)
            WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < \(rows))
            SELECT '\(name)', '\(body)' FROM counter;
        """
}
