package import Access
package import Routing
package import Vocabulary

/// Finds a request's tenant: at once where everything is in memory, else with a wait.
package protocol TenantDirectory: Sendable {
    /// From memory alone, on the event loop.
    func lookUp(_ key: TenantKey) -> Whereabouts
    /// With reads of the catalog, and with what must be made or taken up before the tenant can be served here.
    func find(_ key: TenantKey) async -> Whereabouts
    /// For a request that another node has relayed, from memory alone.
    func lookUp(_ stamp: RequestStamp) -> StampedPlace
    /// The same with a fresh read of the row.
    func find(_ stamp: RequestStamp) async -> StampedPlace
    /// The key that a token's tenant has now; nil where there is no such tenant.
    ///
    /// - Throws: `TransportError` where the catalog cannot be asked.
    func key(of id: TenantID) async throws(TransportError) -> TenantKey?
    /// Whether the first request that writes makes the tenant of this key. From memory alone.
    func isMadeOnFirstUse(_ key: TenantKey) -> Bool
    /// Makes it, if nobody has meanwhile, and says where it is.
    func make(_ key: TenantKey, for user: FirstUser) async -> Whereabouts
}

extension TenantDirectory {
    package func isMadeOnFirstUse(_ key: TenantKey) -> Bool { false }
    package func make(_ key: TenantKey, for user: FirstUser) async -> Whereabouts { .absent }
}

/// Whose request a tenant is made for.
package struct FirstUser: Sendable {
    /// `Authority.principal`.
    package let principal: UInt64
    /// Of the token that names the tenant's key; it stays good for the tenant that it makes.
    package let tokenIssuedAt: WallTime?
    package let author: RequestAuthor
}

/// What becomes of a request that another node has relayed: it is served or refused, never relayed again.
package enum StampedPlace: Sendable {
    case here(Route)
    case refuse(NotOwner)
    /// Not known without waiting. `find` never gives it.
    case unknown
    case failed(TransportError)
}

/// Where a request is to be served.
package enum Whereabouts: Sendable {
    /// This node holds it and may serve it.
    case here(Route)
    /// Another node does.
    case elsewhere(Route)
    case absent
    /// Not known without waiting. `find` never gives it.
    case unknown
    case failed(TransportError)
}

/// Hands a request to the node that owns its tenant, and its answer back.
package protocol Relay: Sendable {
    /// Answers the request, later.
    func relay(_ request: DoorRequest, to route: Route, as authority: Authority)

    /// The tenant is moving, or is not here although it was thought to be, and nothing of the request was executed: it may
    /// run anywhere, later. Who takes it answers it, or gives it back through `HranaService.resume`. Any thread.
    ///
    /// - Returns: false if it is not taken, for example because too many wait; then it is refused.
    func hold(_ request: DoorRequest, of tenant: TenantID) -> Bool

    /// The client of a request is gone. On its event loop; also for requests that were never relayed.
    func cancelled(_ request: DoorRequest)
}

extension Relay {
    package func cancelled(_ request: DoorRequest) {}
    package func hold(_ request: DoorRequest, of tenant: TenantID) -> Bool { false }
}
