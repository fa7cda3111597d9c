import Catalog
import Planning
import Seams
import Synchronization
import Vocabulary

/// The fleet as the rows of a plan are checked against it: read anew when it has grown old, and with every row that was begun
/// since counted in.
final class WorldView: Sendable {
    private struct State {
        var fleet: Fleet
        var tenants: [TenantID: Inventory.Tenant]
        var read: Instant
    }

    private let site: RebalancerSite
    private let policy: Policy
    private let state = Mutex<State?>(nil)

    init(_ site: RebalancerSite, _ plan: Plan) {
        self.site = site
        var policy = site.policy
        // As it was planned: see `PlanMaker`.
        if plan.rows.allSatisfy({ $0.purpose == .drain }) { policy.coolDown = .drain }
        self.policy = policy
    }

    /// The world for one row.
    ///
    /// - Throws: `CatalogError`.
    func world(for row: PlanRow) async throws(CatalogError) -> World {
        let (fleet, known) = try await fresh(row.tenant)
        let found = try await FleetRows(site.store).tenants([row.tenant]).first
        let tenant = found.map { found in
            var tenant = FleetDraft.tenant(found, nil, known?.trail, site.rules)
            tenant.load = known?.load ?? tenant.load
            tenant.fast = known?.fast ?? tenant.fast
            return tenant
        }
        return World(placement: found?.placement, tenant: tenant, fleet: fleet)
    }

    private func fresh(_ tenant: TenantID) async throws(CatalogError) -> (Fleet, Inventory.Tenant?) {
        let now = site.time.monotonic()
        let kept = state.withLock { state -> (Fleet, Inventory.Tenant?)? in
            guard let state, now.nanoseconds(since: state.read) < site.pace.inventory else { return nil }
            return (state.fleet, state.tenants[tenant])
        }
        if let kept { return kept }
        let inventory = try await site.maker.read().inventory
        let tenants = Dictionary(inventory.tenants.map { ($0.id, $0) }) { first, _ in first }
        let fleet = Fleet(inventory, policy)
        state.withLock { $0 = State(fleet: fleet, tenants: tenants, read: now) }
        return (fleet, tenants[tenant])
    }

    /// A row's move has been begun.
    func begun(_ row: PlanRow, _ tenant: Inventory.Tenant) { state.withLock { $0?.fleet.begin(row, tenant) } }
}
