import Vocabulary

/// Adds an inventory up, in one pass over its tenants.
struct FleetBuilder {
    private(set) var books: [Book]
    private(set) var places: [NodeID: Int]
    private(set) var constrained: [Int] = []

    init(_ nodes: [Inventory.Node]) {
        let ordered = nodes.sorted { $0.id < $1.id }
        books = ordered.map(Book.init)
        places = Dictionary(ordered.enumerated().map { ($1.id, $0) }) { first, _ in first }
    }

    /// A tenant on a node that is not listed is left out: nothing is known of it.
    mutating func house(_ tenants: [Inventory.Tenant], except underWay: [TenantID: NodeID]) {
        for (place, tenant) in tenants.enumerated() {
            guard !tenant.id.isReserved, let node = places[tenant.node] else { continue }
            books[node].house(tenant.load, tenant.fast, tenant.constraints, tenant.id)
            guard underWay.isEmpty || underWay[tenant.id] == nil else { continue }
            books[node].residents.append(Int32(place))
            if !tenant.constraints.isEmpty { constrained.append(place) }
        }
    }

    /// Counts moves under way as done; what they take at the source stays taken.
    mutating func finish(_ moves: [Inventory.Move]) {
        for move in moves {
            if let source = places[move.from] {
                books[source].load -= move.load
                books[source].fast -= move.load
                books[source].count -= 1
            }
            if let target = places[move.to] {
                books[target].house(move.load, move.load, move.constraints, move.tenant)
            }
        }
    }
}
