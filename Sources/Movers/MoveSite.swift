package import Catalog
package import Rebalancing
package import Residents
package import Routing
package import Seams
import Tenants
import Vocabulary

/// What all moves out of a node share.
package struct MoveSite: Sendable {
    package var residents: Residents
    package var parked: ParkedRequests
    package var cache: PlacementCache
    package var store: CatalogStore
    /// Of this process (rule R2).
    package var incarnation: UInt64
    package var peers: any MovePeers
    package var time: any TimeSource
    package var random: any RandomSource
    package var sleep: Sleep
    package var budgets = MoveBudgets()
    /// Told of every end, for the log and the meters; short.
    package var notice: @Sendable (MoveNotice) -> Void = { _ in }

    package init(
        residents: Residents, parked: ParkedRequests, cache: PlacementCache, store: CatalogStore, incarnation: UInt64,
        peers: any MovePeers, time: any TimeSource, random: any RandomSource, sleep: @escaping Sleep
    ) {
        self.residents = residents
        self.parked = parked
        self.cache = cache
        self.store = store
        self.incarnation = incarnation
        self.peers = peers
        self.time = time
        self.random = random
        self.sleep = sleep
    }

    var node: NodeID { residents.node }
    var engine: TenantEngine { residents.engine }
    var book: OwnerBook { residents.book }
    var placements: PlacementRows { PlacementRows(store) }
    var moves: MoveRows { MoveRows(store) }
}

/// What becomes of moves, as the source or the target sees it.
package enum MoveNotice: Equatable, Sendable {
    /// Milliseconds for which writes were parked.
    case moved(MoveOrder, pause: Int64)
    case aborted(MoveOrder, MoveAbort)
    /// An operator must look: the tenant is served nowhere as far as this node knows.
    case halted(MoveOrder, MoveHalt)
    /// The tenant left, but its copy could not be put away; the next start does it.
    case tombstoneFailed(MoveOrder, String)
    /// The source's own file is not what its checksum says; it is not served any more.
    case sourceDamaged(MoveOrder)
    case arrived(MoveOrder)
    case discarded(MoveOrder, String)
}
