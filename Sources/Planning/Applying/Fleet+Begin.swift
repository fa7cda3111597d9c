import Vocabulary

extension Fleet {
    /// Counts a row that was begun after the inventory was read, so that the next row's recheck sees it. Nodes that are
    /// not known are left out.
    package mutating func begin(_ row: PlanRow, _ tenant: Inventory.Tenant) {
        count(tenant, leaving: row.from)
        guard let target = places[row.to] else { return }
        books[target].house(tenant.load, tenant.fast, tenant.constraints, tenant.id)
    }

    private mutating func count(_ tenant: Inventory.Tenant, leaving node: NodeID) {
        guard let source = places[node] else { return }
        books[source].load -= tenant.load
        books[source].fast -= tenant.fast
        books[source].count -= 1
    }
}
