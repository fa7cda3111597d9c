/// Why an uploaded file does not become the tenant, which is as it was then.
package enum UploadFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// No SQLite database at all, or one whose header says what it cannot be.
    case notDatabase(String)
    /// It begins like a database and is not whole, or contradicts itself.
    case damaged(String)
    /// It is whole, and holds what no tenant may or could use.
    case refused(String)
    /// More bytes than an upload may have.
    case tooLarge
    /// The database would be larger than a tenant may be.
    case quotaExceeded
    /// The tenant is not as the caller believed.
    case bookmarkMismatch
    case engine(TenantsError)

    package var description: String {
        switch self {
        case .notDatabase(let reason): "the file is no SQLite database: \(reason)"
        case .damaged(let reason): "the file is damaged: \(reason)"
        case .refused(let reason): "the file cannot become a tenant: \(reason)"
        case .tooLarge: "the file is larger than an upload may be"
        case .quotaExceeded: "the database is larger than a tenant may be"
        case .bookmarkMismatch: "the tenant has changed since"
        case .engine(let error): error.description
        }
    }
}
