/// A synchronous connection to the database that holds a catalog, as a driver lends it to `CatalogExecutor`.
///
/// Used by one thread at a time. Anything but a unique violation is already said in the room's own terms.
package protocol CatalogConnection: AnyObject {
    /// Begins a serialisable transaction; `writing` takes the right to write at once where the database has one writer.
    ///
    /// - Throws: `CatalogError.unavailable`.
    func begin(writing: Bool) throws(CatalogError)

    /// Runs one statement to its end. Rows beyond `CatalogLimits.rows` are an error, not cut off.
    ///
    /// - Throws: `CatalogFault`.
    func execute(_ sql: String, _ arguments: [CatalogValue]) throws(CatalogFault) -> CatalogRows

    /// - Throws: `CatalogError.unavailable` if it is certain that nothing was committed, else `.outcomeUnknown`.
    func commit() throws(CatalogError)

    /// Whether a unique violation is final: false where the transaction is going to be run once more, with a snapshot in which its
    /// guards see what is there.
    var settlesConflicts: Bool { get }

    /// Ends the transaction without effect. Also called after a failure; never fails.
    func rollback()
}

extension CatalogConnection {
    package var settlesConflicts: Bool { true }
}

/// How one statement fails.
package enum CatalogFault: Error, Equatable, Sendable {
    case uniqueViolation
    /// Busy, serialisation failure, disk full, connection lost before anything was committed.
    case unavailable(String)
    /// The statement itself is wrong.
    case refused(String)

    func error(statement: Int) -> CatalogError {
        switch self {
        case .uniqueViolation: .conflict(statement: statement)
        case .unavailable(let why): .unavailable(why)
        case .refused(let why): .refused("statement \(statement): \(why)")
        }
    }
}
