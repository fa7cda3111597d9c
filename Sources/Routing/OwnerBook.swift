package import Catalog
import Synchronization
package import Vocabulary

/// A tenant that this process took up under an epoch.
package struct Holding: Equatable, Sendable {
    package enum Phase: Equatable, Sendable {
        case serving
        /// A move has frozen it: reads go on.
        case writesParked
        /// Granted: nothing is answered until the row differs.
        case allParked
        /// Another node owns it.
        case released(owner: NodeID, epoch: Epoch)
    }

    package var key: TenantKey
    /// This node.
    package var owner: NodeID
    package var epoch: Epoch
    package var phase: Phase

    package init(key: TenantKey, owner: NodeID, epoch: Epoch, phase: Phase) {
        self.key = key
        self.owner = owner
        self.epoch = epoch
        self.phase = phase
    }
}

/// The tenants that this process took up (rule R7), with the largest epoch that it has seen of each.
///
/// A tenant that is in it may be closed and opened again without a read of the catalog; one that is not needs a fresh
/// read. An entry may be dropped at any time: that costs one read. Bounded by that.
package final class OwnerBook: Sendable {
    package enum TakeUp: Equatable, Sendable {
        case taken(Holding)
        /// The row names another owner.
        case notOwner(NotOwner)
        /// The row shows an older epoch than this process has seen. If the row was read before a release that came in
        /// between, it is merely old; if a second read shows the same, the catalog has lost commits: do not serve.
        case regressed(CatalogError)
    }

    private let node: NodeID
    private let capacity: Int
    private let holdings = Mutex<[TenantID: Holding]>([:])

    package init(_ node: NodeID, capacity: Int = 1_000_000) {
        self.node = node
        self.capacity = capacity
    }

    package func holding(_ tenant: TenantID) -> Holding? {
        holdings.withLock { $0[tenant] }
    }

    /// Takes a tenant up from a row that was read *after* the need arose, within this process's incarnation.
    package func takeUp(_ row: TenantRow) -> TakeUp {
        let placement = row.placement
        return holdings.withLock { holdings in
            let known = holdings[row.id]
            if let known, placement.epoch < known.newestEpoch {
                return .regressed(.regressed(tenant: row.id, known: known.newestEpoch, found: placement.epoch))
            }
            guard placement.owner == node else {
                if known != nil {
                    holdings[row.id]!.phase = .released(owner: placement.owner, epoch: placement.epoch)
                }
                return .notOwner(NotOwner(owner: placement.owner, epoch: placement.epoch))
            }
            if var known, known.epoch == placement.epoch {
                // Already taken up: a move under way keeps its phase, only the key may be newer.
                known.key = row.key
                holdings[row.id] = known
                return .taken(known)
            }
            let holding = Holding(key: row.key, owner: node, epoch: placement.epoch, phase: .serving)
            if known == nil { makeRoom(&holdings) }
            holdings[row.id] = holding
            return .taken(holding)
        }
    }

    /// Changes the phase of a tenant held under this epoch; does nothing if it is not.
    package func turn(_ tenant: TenantID, epoch: Epoch, to phase: Holding.Phase) {
        holdings.withLock { holdings in
            guard holdings[tenant]?.epoch == epoch else { return }
            holdings[tenant]!.phase = phase
        }
    }

    /// Forgets a tenant that is gone.
    package func forget(_ tenant: TenantID) {
        holdings.withLock { $0[tenant] = nil }
    }

    /// Drops any entry that carries no more than a read of the row would give back.
    private func makeRoom(_ holdings: inout [TenantID: Holding]) {
        guard holdings.count >= capacity else { return }
        let victim = holdings.first { entry in
            switch entry.value.phase {
            case .serving, .released: true
            case .writesParked, .allParked: false
            }
        }
        if let victim { holdings[victim.key] = nil }
    }
}

extension Holding {
    var newestEpoch: Epoch {
        if case .released(_, let epoch) = phase { return max(epoch, self.epoch) }
        return epoch
    }
}
