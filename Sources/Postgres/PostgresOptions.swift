/// How PostgreSQL is reached and what is waited for. Times are nanoseconds.
package struct PostgresOptions: Sendable, Equatable {
    /// As libpq takes it: `host=a,b dbname=rowhouse user=rowhouse sslmode=verify-full`, or `postgresql://…`.
    package var connection: String
    /// The schema within the database that holds the tables, so that several catalogs can share one.
    package var schema = "rowhouse"
    /// Connections, each with a thread of its own.
    package var connections = 8
    /// Transactions waiting for a connection; beyond, one is refused at once.
    package var queue = 256
    /// For each address of each host that is tried; what the connection string says instead counts, if it is a bound.
    package var connectTimeout: UInt64 = 3_000_000_000
    package var statementTimeout: UInt64 = 5_000_000_000
    /// From being asked for to being committed, waiting for a connection included.
    package var transactionTimeout: UInt64 = 10_000_000_000
    /// The same two of a transaction that may look at, or change, every row of a table.
    package var longTimeout: UInt64 = 1_800_000_000_000

    package init(connection: String) { self.connection = connection }
}
