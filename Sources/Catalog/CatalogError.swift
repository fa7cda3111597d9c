package import Vocabulary

/// Everything that can come of a catalog transaction besides its result.
package enum CatalogError: Error, Equatable, Sendable {
    /// The statement's expectation did not hold; nothing was changed. `results` are those of all statements up to and with
    /// this one, so that a transaction can read what it will need to explain a refusal.
    case guardFailed(statement: Int, results: [CatalogRows])
    /// The statement would have broken a uniqueness rule; nothing was changed.
    case conflict(statement: Int)
    /// The catalog could not be asked, or was too busy; nothing was changed.
    case unavailable(String)
    /// The transaction was sent and no answer came: it may have happened, now or a little later.
    case outcomeUnknown(String)
    /// The catalog was written by a newer Rowhouse than this one.
    case newerSchema(found: Int, known: Int)
    /// The catalog has not been migrated yet by the node that holds it.
    case olderSchema(found: Int, needed: Int)
    /// The catalog shows a smaller epoch than this node has seen: it lost commits. The tenant must not be served.
    case regressed(tenant: TenantID, known: Epoch, found: Epoch)
    /// It is not the catalog that this node belongs to: another was begun at its address. Nothing was looked at.
    case otherCatalog(known: Identity)
    /// The node is registered with another data directory than this one.
    case otherDirectory(NodeID)
    /// The transaction breaks a limit or its SQL is wrong: a mistake in the program, not in the data.
    case refused(String)
    /// A row does not read as what it should be.
    case damaged(String)

    /// The catalog looked and said no: sending the same again would be answered the same as long as nothing else changes.
    var isVerdict: Bool {
        switch self {
        case .guardFailed, .conflict, .refused: true
        default: false
        }
    }
}

extension CatalogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .guardFailed(let statement, _): "the catalog's state forbids it (guard of statement \(statement))"
        case .conflict(let statement): "the catalog holds such a row already (statement \(statement))"
        case .unavailable(let why): "the catalog is not available: \(why)"
        case .outcomeUnknown(let why): "the catalog may or may not have done it: \(why)"
        case .newerSchema(let found, let known):
            "the catalog has schema \(found), this program knows up to \(known): run the newer program"
        case .olderSchema(let found, let needed):
            "the catalog has schema \(found), this program needs \(needed): upgrade the node that holds the catalog first"
        case .regressed(let tenant, let known, let found):
            "tenant \(tenant) was at epoch \(known), the catalog now says \(found): the catalog has lost commits"
        case .otherCatalog(let known): "the catalog there is not the one that this node belongs to (\(known))"
        case .otherDirectory(let node): "node \(node) is registered with another data directory"
        case .refused(let why): "the catalog refused a malformed transaction: \(why)"
        case .damaged(let what): "the catalog holds a row that cannot be read: \(what)"
        }
    }
}
