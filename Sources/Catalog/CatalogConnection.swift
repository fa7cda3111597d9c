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

    /// Ends the transaction without effect. Also called after a failure; never fails.
    func rollback()
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
