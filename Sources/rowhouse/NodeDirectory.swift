import Access
import Catalog
import Contract
import ControlPlane
import DataPlane
import Residents
import Routing
import Seams
import Vocabulary

/// The data plane's way to its tenants: the placement cache, the owner's book, and the catalog behind both.
struct NodeDirectory: TenantDirectory {
    let resolver: RouteResolver
    let cache: PlacementCache
    let residents: Residents
    let rows: TenantRows
    let firstUse: FirstUse?

    func lookUp(_ key: TenantKey) -> Whereabouts {
        switch resolver.cached(key) {
        case .hit(let route): place(route)
        case .absent: .absent
        case .stale, .miss: .unknown
        }
    }

    private func place(_ route: Route) -> Whereabouts {
        if route.state == .deleted || route.state == .purging { return .absent }
        guard route.placement.owner == residents.node else { return .elsewhere(route) }
        guard route.state != .creating, let holding = residents.book.holding(route.tenant) else { return .unknown }
        switch OwnerCheck.evaluate(
            RequestStamp(tenant: route.tenant, key: route.key, epoch: route.placement.epoch), holding: holding)
        {
        // The engine itself refuses what a move has parked, before anything of it runs; then it is held.
        case .serve, .serveReads, .park: return .here(route)
        case .readRow, .refuse: return .unknown
        }
    }

    func find(_ key: TenantKey) async -> Whereabouts {
        do {
            guard let route = try await resolver.resolve(key) else { return .absent }
            if case .unknown = place(route) { return try await takeUp(route) }
            return place(route)
        } catch {
            return .failed(.catalogUnavailable)
        }
    }

    // MARK: First use

    func isMadeOnFirstUse(_ key: TenantKey) -> Bool { firstUse?.isOffered(key) ?? false }

    func make(_ key: TenantKey, for user: FirstUser) async -> Whereabouts {
        guard let firstUse else { return .absent }
        switch await firstUse.make(
            key, for: user.principal, boundSince: user.tokenIssuedAt, author: AuditAuthor(user.author))
        {
        case .made: return await findMade(key)
        case .deleted: return .failed(.tenantDeleted)
        case .keyHeld(let seconds): return .failed(.keyHeld(seconds: seconds))
        case .tooMany(let seconds): return .failed(.tooManyTenants(seconds: seconds))
        case .failed(let error): return .failed(TransportError(error))
        }
    }

    /// Whatever was believed of its key before.
    private func findMade(_ key: TenantKey) async -> Whereabouts {
        do {
            guard let route = try await resolver.read(key) else { return .absent }
            if case .unknown = place(route) { return try await takeUp(route) }
            return place(route)
        } catch {
            return .failed(.catalogUnavailable)
        }
    }

    /// On a row read afresh (rule R7).
    private func takeUp(_ route: Route) async throws -> Whereabouts {
        do throws(ResidentsError) {
            let row = try await residents.takeUp(route.tenant)
            guard row.key == route.key else {
                cache.invalidate(route.tenant)
                return .absent
            }
            return .here(Route(row))
        } catch {
            switch error {
            case .notFound, .deleted:
                cache.invalidate(route.tenant)
                return .absent
            case .elsewhere(let refusal):
                if let owner = refusal.owner, let epoch = refusal.epoch {
                    cache.learn(owner: owner, epoch: epoch, of: route.tenant)
                }
                guard let fresh = try await resolver.read(route.key) else { return .absent }
                return .elsewhere(fresh)
            case .catalog, .schemaUnknown, .full: return .failed(.catalogUnavailable)
            case .engine(let error): return .failed(TransportError(error))
            }
        }
    }

    // MARK: Relayed requests

    func lookUp(_ stamp: RequestStamp) -> StampedPlace {
        switch OwnerCheck.evaluate(stamp, holding: residents.book.holding(stamp.tenant)) {
        case .serve, .serveReads, .park:
            guard case .hit(let route) = resolver.cached(stamp.key), route.tenant == stamp.tenant,
                route.state != .creating
            else { return .unknown }
            if route.state == .deleted || route.state == .purging { return .failed(.tenantNotFound) }
            return .here(route)
        case .refuse(let refusal): return .refuse(refusal)
        case .readRow: return .unknown
        }
    }

    func find(_ stamp: RequestStamp) async -> StampedPlace {
        do throws(CatalogError) {
            let row = try await rows.find(stamp.tenant)
            guard let row else { return .refuse(NotOwner(owner: nil, epoch: nil)) }
            // A router may be ahead of this node or behind it; the row decides.
            switch OwnerCheck.evaluate(stamp, row: row, on: residents.node) {
            case .refuse(let refusal): return .refuse(refusal)
            case .takeUp(let row): return await takeUp(stamped: row)
            }
        } catch {
            return .failed(.catalogUnavailable)
        }
    }

    private func takeUp(stamped row: TenantRow) async -> StampedPlace {
        do throws(ResidentsError) {
            return .here(Route(try await residents.takeUp(row)))
        } catch {
            switch error {
            case .notFound: return .refuse(NotOwner(owner: nil, epoch: nil))
            case .deleted: return .failed(.tenantNotFound)
            case .elsewhere(let refusal): return .refuse(refusal)
            case .catalog, .schemaUnknown, .full: return .failed(.catalogUnavailable)
            case .engine(let error): return .failed(TransportError(error))
            }
        }
    }

    func key(of id: TenantID) async throws(TransportError) -> TenantKey? {
        do throws(CatalogError) { return try await rows.find(id)?.key } catch { throw .catalogUnavailable }
    }
}

extension TransportError {
    /// Why a tenant could not be made.
    fileprivate init(_ error: APIError) {
        self.init(
            error.failure.status, error.code.uppercased(), error.message, retryAfterSeconds: error.retryAfter)
    }
}
