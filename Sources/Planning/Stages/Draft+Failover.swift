extension Draft {
    /// Tenants of nodes without a right to serve, the most used first; only where somebody has their log.
    mutating func failOver() {
        for node in fleet.books.indices where fleet.books[node].node.state == .fenced {
            let book = fleet.books[node]
            guard book.count > 0 else { continue }
            guard policy.takesOver else {
                refuse(.node(book.node.id), .failover, .noLog(tenants: book.count))
                continue
            }
            for tenant in heaviestFirst(fleet.staying(node)) { place(tenant, from: node, .failover) }
            refuseUnlisted(of: node, .failover)
        }
    }

    mutating func refuseUnlisted(of node: Int, _ purpose: Purpose) {
        let count = fleet.books[node].node.restCount
        if count > 0 { refuse(.node(fleet.id(node)), purpose, .notListed(tenants: count)) }
    }

    /// By the largest share of the fleet's capacity in any dimension; those that are hard to place come first.
    func heaviestFirst(_ tenants: [Int]) -> [Int] {
        let weighed = tenants.map { (weight: weight(of: $0), id: fleet.tenants[$0].id, tenant: $0) }
        return weighed.sorted { ($1.weight, $0.id) < ($0.weight, $1.id) }.map(\.tenant)
    }

    private func weight(of tenant: Int) -> Double {
        let load = fleet.tenants[tenant].load
        return Dimension.allCases.map { Double(load[$0]) / max(fleet.levels.capacity[$0], 1) }.max() ?? 0
    }
}
