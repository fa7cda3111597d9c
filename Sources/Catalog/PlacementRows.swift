package import Vocabulary

/// Who owns a tenant: every change is a compare-and-set on the row's version, and the epoch grows only with the owner. One
/// file per verb; this one reads, the others prepare, commit and settle a move.
package struct PlacementRows: Sendable {
    let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// A fresh read; nil where the tenant has no row.
    ///
    /// - Throws: `CatalogError`.
    package func find(_ tenant: TenantID) async throws(CatalogError) -> Placement? {
        var plan = CatalogPlan()
        plan.add("\(Placement.select) WHERE tenant = ?1", [.id(tenant)])
        return try Placement.all(try await store.read(plan)[0]).first
    }

    /// Moving tenants that a node owns, by id.
    ///
    /// - Throws: `CatalogError`.
    package func moving(
        ownedBy node: NodeID, after tenant: TenantID? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [Placement] {
        var plan = CatalogPlan()
        let start = tenant.map { [CatalogValue.id($0)] } ?? []
        plan.add(
            """
            \(Placement.select) WHERE owner = ?1 AND state = 'moving'\(tenant == nil ? "" : " AND tenant > ?2")
            ORDER BY tenant LIMIT \(min(max(limit, 1), 1000))
            """, [.node(node)] + start)
        return try Placement.all(try await store.read(plan)[0])
    }

    /// Every tenant that a node owns, by id as a signed number.
    ///
    /// - Throws: `CatalogError`.
    package func owned(
        by node: NodeID, after tenant: TenantID? = nil, limit: Int = 1000
    ) async throws(CatalogError) -> [Placement] {
        var plan = CatalogPlan()
        let start = tenant.map { [CatalogValue.id($0)] } ?? []
        plan.add(
            """
            \(Placement.select) WHERE owner = ?1\(tenant == nil ? "" : " AND tenant > ?2")
            ORDER BY tenant LIMIT \(min(max(limit, 1), 1000))
            """, [.node(node)] + start)
        return try Placement.all(try await store.read(plan)[0])
    }

    /// How many tenants each node owns; reads the whole index, so for plans and status pages, not for each request.
    ///
    /// - Throws: `CatalogError`.
    package func counts() async throws(CatalogError) -> [NodeID: Int] {
        var plan = CatalogPlan()
        plan.add("SELECT owner, COUNT(*) FROM placements GROUP BY owner")
        var counts: [NodeID: Int] = [:]
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("placements", row)
            counts[try reader.node()] = Int(try reader.integer())
        }
        return counts
    }

    /// Adds the read that explains a refusal, or shows the row after a change.
    ///
    /// - Returns: the statement's index.
    func read(_ tenant: TenantID, in plan: inout CatalogPlan) -> Int {
        plan.add("\(Placement.select) WHERE tenant = ?1", [.id(tenant)])
    }

    func row(_ results: [CatalogRows], _ index: Int) throws(CatalogError) -> Placement? {
        try Placement.all(results[index]).first
    }

    func changed(_ results: [CatalogRows], _ index: Int) throws(CatalogError) -> Placement {
        guard let row = try row(results, index) else { throw .damaged("placements: a row vanished in a transaction") }
        return row
    }
}
