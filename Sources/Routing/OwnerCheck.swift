package import Catalog
package import Vocabulary

/// What every request between nodes names: the tenant by id *and* key (a key may have been given to somebody else), and
/// the epoch that its sender believes in.
package struct RequestStamp: Equatable, Sendable {
    package var tenant: TenantID
    package var key: TenantKey
    package var epoch: Epoch

    package init(tenant: TenantID, key: TenantKey, epoch: Epoch) {
        self.tenant = tenant
        self.key = key
        self.epoch = epoch
    }
}

/// The answer 421: not served, nothing of it was executed, and what the refusing node knows.
package struct NotOwner: Equatable, Sendable {
    /// Nil where the tenant has no row, or its key is another now: the sender reads the catalog.
    package var owner: NodeID?
    package var epoch: Epoch?
    package var executed: Bool { false }

    package init(owner: NodeID?, epoch: Epoch?) {
        self.owner = owner
        self.epoch = epoch
    }
}

/// Whether a node serves a stamped request. Pure. A request that was forwarded is served or refused, never forwarded again.
package enum OwnerCheck {
    package enum Decision: Equatable, Sendable {
        case serve
        /// Serve what only reads; park the rest.
        case serveReads
        case park
        case refuse(NotOwner)
        /// This node may be the one that is behind: read the row, then ask `evaluate(_:row:on:)`.
        case readRow
    }

    package enum FreshDecision: Equatable, Sendable {
        /// This node owns it: take it up from this row (rule R7), then serve.
        case takeUp(TenantRow)
        case refuse(NotOwner)
    }

    /// By what this process holds. Epochs are compared, not owners: a tenant may have left and come back (rule R8).
    package static func evaluate(_ request: RequestStamp, holding: Holding?) -> Decision {
        guard let holding, holding.key == request.key, holding.epoch >= request.epoch else { return .readRow }
        if case .released(let owner, let epoch) = holding.phase {
            return .refuse(NotOwner(owner: owner, epoch: epoch))
        }
        guard request.epoch == holding.epoch else {
            return .refuse(NotOwner(owner: holding.owner, epoch: holding.epoch))
        }
        switch holding.phase {
        case .serving: return .serve
        case .writesParked: return .serveReads
        case .allParked, .released: return .park
        }
    }

    /// By a row that was read after the request had arrived.
    package static func evaluate(
        _ request: RequestStamp, row: TenantRow?, on node: NodeID
    ) -> FreshDecision {
        guard let row, row.key == request.key else { return .refuse(NotOwner(owner: nil, epoch: nil)) }
        let placement = row.placement
        guard placement.owner == node, placement.epoch == request.epoch else {
            return .refuse(NotOwner(owner: placement.owner, epoch: placement.epoch))
        }
        return .takeUp(row)
    }
}
