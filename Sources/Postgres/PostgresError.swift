/// Why a catalog on PostgreSQL cannot be used at all: for the operator, at start.
package enum PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
    case noLibrary(String)
    case connectionString(String)
    /// What the server is set to would lose commits that were acknowledged, or cannot hold a catalog.
    case unfit(String)
    case noThread(String)

    package var description: String {
        switch self {
        case .noLibrary(let why):
            """
            a catalog in PostgreSQL needs \(LibPQ.library), PostgreSQL's client library, which is not there: install the \
            package \(LibPQ.package) (\(why))
            """
        case .connectionString(let why): "the connection string of the catalog's PostgreSQL: \(why)"
        case .unfit(let why): "this PostgreSQL cannot hold a catalog: \(why)"
        case .noThread(let why): "a thread for a connection to PostgreSQL could not be started: \(why)"
        }
    }
}
