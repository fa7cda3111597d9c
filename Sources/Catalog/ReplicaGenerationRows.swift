package import Vocabulary

/// Numbers for what tenants' replicas begin with: never the same twice for a tenant, whichever node asks.
package struct ReplicaGenerationRows: Sendable {
    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// The next number of a tenant: even, and two more than the last. The first is random: a replica of a tenant that was deleted,
    /// whose key another one has now, must not be taken for one of the other's.
    ///
    /// - Throws: `CatalogError`.
    package func next(for tenant: TenantID, at now: WallTime) async throws(CatalogError) -> UInt32 {
        let first = UInt32(truncatingIfNeeded: store.freshID() >> 34) << 1 + 1 << 16
        var plan = CatalogPlan()
        plan.add(
            """
            INSERT INTO replica_generations (tenant, generation) VALUES (?1, ?2)
            ON CONFLICT (tenant) DO UPDATE SET generation = replica_generations.generation + 2
            """, [.id(tenant), .integer(Int64(first))])
        let row = plan.add(
            "SELECT generation FROM replica_generations WHERE tenant = ?1", [.id(tenant)], expect: .rows(1))
        let found = try await store.write(plan, at: now)[row].rows[0]
        var reader = RowReader("replica_generations", found)
        return UInt32(clamping: try reader.integer())
    }
}
