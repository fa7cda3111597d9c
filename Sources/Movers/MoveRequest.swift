package import Catalog
package import Routing
package import Vocabulary

/// That a tenant is to be on another node.
package struct MoveRequest: Equatable, Sendable {
    /// What becomes of transactions that clients hold open when writes are to be parked, and of reads that hold on when the
    /// tenant is to change hands.
    package enum OnTransaction: String, Sendable, CaseIterable {
        /// The move is given up after a short wait.
        case postpone
        /// They are rolled back or ended after a short wait, and their clients are told so.
        case abort
    }

    package var tenant: TenantID
    package var target: NodeID
    package var onTransaction: OnTransaction
    /// What the move is to be called: it is begun once under it. Nil for one that is asked for once only.
    package var id: String?
    /// Of the placement row that this was decided on; where it is another by then nothing is begun. Nil: whatever it is.
    package var version: UInt64?

    package init(
        tenant: TenantID, target: NodeID, onTransaction: OnTransaction = .postpone, id: String? = nil,
        version: UInt64? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.target = target
        self.onTransaction = onTransaction
        self.version = version
    }
}

/// Why a move is not begun, or not ended, as it was asked.
package enum MoveRefusal: Error, Equatable, Sendable {
    case tenantNotFound
    /// It is being created, or is deleted.
    case notMovable
    case alreadyThere
    /// Another move of this tenant is under way; nil where its name is not known.
    case inProgress(String?)
    /// Unknown, draining, fenced, or without an address.
    case targetNotUp
    /// As many moves as a node takes part in at once.
    case tooMany
    /// This node does not own the tenant.
    case elsewhere(NotOwner)
    /// The placement is not what the request was decided on.
    case differs
    case moveNotFound
    /// The tenant has changed hands.
    case committed
    /// Nobody knows yet whether it has.
    case inDoubt
    case stopping
    case catalog(CatalogError)
    /// The tenant cannot be served here, so it cannot be sent from here.
    case notServed(String)
}
