import Vocabulary

/// The inventory, ordered and added up, with what a plan has decided so far. A value: the planner tries on copies.
///
/// Nodes are ordered by name; a node is meant by its place in that order, a tenant by its place in the inventory.
package struct Fleet: Sendable {
    let policy: Policy
    let now: WallTime
    let tenants: [Inventory.Tenant]
    var books: [Book]
    let levels: Levels
    let places: [NodeID: Int]
    /// Nodes that take tenants, in order.
    let open: [Int]
    /// Listed tenants with constraints, by id.
    let constrained: [Int]
    private let underWay: [TenantID: NodeID]
    /// Tenants that the plan has moved.
    private(set) var moved: [Bool]

    package init(_ inventory: Inventory, _ policy: Policy) {
        self.policy = policy
        now = inventory.now
        tenants = inventory.tenants
        underWay = Dictionary(inventory.moves.map { ($0.tenant, $0.to) }) { first, _ in first }
        var builder = FleetBuilder(inventory.nodes)
        builder.house(inventory.tenants, except: underWay)
        builder.finish(inventory.moves)
        let books = builder.books
        self.books = books
        places = builder.places
        constrained = builder.constrained.sorted { inventory.tenants[$0].id < inventory.tenants[$1].id }
        levels = Levels(books, policy)
        open = books.indices.filter { books[$0].node.state == .up }
        moved = Array(repeating: false, count: inventory.tenants.count)
    }

    func id(_ node: Int) -> NodeID { books[node].node.id }

    /// A listed tenant goes; counted as done.
    ///
    /// - Parameter left: a tenant that is gone from the target before.
    mutating func move(_ tenant: Int, from source: Int, to target: Int, after left: Int? = nil) {
        let moving = tenants[tenant]
        books[source].load -= moving.load
        books[source].fast -= moving.fast
        books[source].count -= 1
        let freed = left.map { Load.smaller(tenants[$0].load, tenants[$0].fast) } ?? .zero
        books[target].house(moving.load, moving.fast, moving.constraints, moving.id, after: freed)
        moved[tenant] = true
    }

    /// Tenants on the node that the plan has not moved, in the inventory's order.
    func staying(_ node: Int) -> [Int] {
        books[node].residents.lazy.map(Int.init).filter { !moved[$0] }
    }

    /// Why a tenant is not to be moved now, whatever for. Nil: it may be.
    func resting(_ tenant: Int) -> Refusal.Why? { resting(tenants[tenant]) }

    func resting(_ resting: Inventory.Tenant) -> Refusal.Why? {
        if let target = underWay[resting.id] { return .underWay(to: target) }
        guard let until = restsUntil(resting), now < until else { return nil }
        return .cooling(until: until, failures: resting.trail?.failures ?? 0)
    }

    /// Balancing may move it: it is not bound to its node and does not rest.
    func isFree(_ tenant: Int) -> Bool {
        let constraints = tenants[tenant].constraints
        guard constraints.isEmpty || tenants[tenant].pin == nil && !tenants[tenant].isAlone else { return false }
        return tenants[tenant].trail == nil && underWay.isEmpty || resting(tenant) == nil
    }

    private func restsUntil(_ tenant: Inventory.Tenant) -> WallTime? {
        guard let trail = tenant.trail else { return nil }
        let afterMove = trail.moved.map { $0.later(by: policy.coolDown.tenant) }
        let afterFailure = trail.failed.map { failed in
            let doublings = min(max(trail.failures - 1, 0), 7)
            let span = min(policy.coolDown.failure * (1 << doublings), .seconds(86_400))
            return failed.later(by: span)
        }
        return [afterMove, afterFailure].compactMap(\.self).max()
    }
}
