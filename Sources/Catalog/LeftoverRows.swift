package import Vocabulary

/// Files that a node may have made, or be making, for a creation that came to nothing: of a sign-up that was taken back, of one
/// that was given to another node. No row names such a file, so this is noted in the transaction that takes the row's word away,
/// and forgotten when the node has dropped the file.
package struct LeftoverRows: Sendable {
    package struct Leftover: Equatable, Sendable {
        package let tenant: TenantID
        /// Under which the file is made: of no other does anybody speak here.
        package let epoch: Epoch
        package let since: WallTime
    }

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// What a node may hold, the oldest first.
    ///
    /// - Throws: `CatalogError`.
    package func list(of node: NodeID, limit: Int = 100) async throws(CatalogError) -> [Leftover] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT l.tenant, l.epoch, l.since FROM leftovers l WHERE l.node = ?1 ORDER BY l.since, l.tenant
            LIMIT \(min(max(limit, 1), 1000))
            """, [.node(node)])
        var found: [Leftover] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("leftovers", row)
            found.append(
                Leftover(
                    tenant: try reader.tenant(), epoch: Epoch(try reader.bits()), since: try reader.time()))
        }
        return found
    }

    /// The node has no such file, and nobody makes it any more.
    ///
    /// - Throws: `CatalogError`.
    package func forget(_ leftover: Leftover, of node: NodeID, at now: WallTime) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        plan.add(
            "DELETE FROM leftovers WHERE node = ?1 AND tenant = ?2 AND epoch = ?3",
            [.node(node), .id(leftover.tenant), .bits(leftover.epoch.rawValue)])
        _ = try await store.write(plan, at: now)
    }

    /// To be called before the placement changes or goes.
    ///
    /// - Parameter condition: on the placement `p`.
    static func note(
        placementOf tenant: TenantID, where condition: String = "1 = 1", at now: WallTime, in plan: inout CatalogPlan
    ) {
        plan.add(
            """
            INSERT INTO leftovers (node, tenant, epoch, since)
            SELECT p.owner, p.tenant, p.epoch, ?2 FROM placements p WHERE p.tenant = ?1 AND \(condition)
            """, [.id(tenant), .time(now)])
    }

    /// Nodes that have been away for so long are no more.
    static func sweep(notedBefore time: WallTime, in plan: inout CatalogPlan) {
        plan.add("DELETE FROM leftovers WHERE since < ?1", [.time(time)])
    }
}
