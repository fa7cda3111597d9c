package import Vocabulary

/// What a planner reads of tenants: many at once, and of each only what decides where it may be.
package struct FleetRows: Sendable {
    /// A tenant as a planner sees it.
    package struct Tenant: Equatable, Sendable {
        package var key: TenantKey
        package var schema: String
        package var pin: NodeID?
        package var isIsolated: Bool
        package var bytes: Int64
        package var placement: Placement
    }

    /// An ended move, as it counts for what comes after.
    package struct Ended: Equatable, Sendable {
        package var tenant: TenantID
        package var source: NodeID
        package var hasMoved: Bool
        package var at: WallTime
    }

    /// Of one list.
    package static let most = 10_000
    /// Ids in one statement: its text stays within bounds.
    private static let ids = 1000

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Those of the ids that may be moved.
    ///
    /// - Throws: `CatalogError`.
    package func tenants(_ ids: [TenantID]) async throws(CatalogError) -> [Tenant] {
        var found: [Tenant] = []
        for start in stride(from: 0, to: ids.count, by: Self.ids) {
            let list = ids[start..<min(start + Self.ids, ids.count)].map { String(Int64(bitPattern: $0.rawValue)) }
            found += try await tenants("t.id IN (\(list.joined(separator: ", ")))", [])
        }
        return found
    }

    /// Those that are pinned, or are to be alone.
    ///
    /// - Throws: `CatalogError`.
    package func bound() async throws(CatalogError) -> [Tenant] {
        try await tenants("(t.pin IS NOT NULL OR t.isolated = 1)", [])
    }

    /// Those of a node, by id.
    ///
    /// - Throws: `CatalogError`.
    package func owned(by node: NodeID, limit: Int) async throws(CatalogError) -> [Tenant] {
        try await tenants("p.owner = ?1", [.node(node)], order: " ORDER BY p.tenant", limit: limit)
    }

    /// Those of a schema on certain nodes. Looks at all tenants.
    ///
    /// - Throws: `CatalogError`.
    package func of(schema: String, on nodes: [NodeID], limit: Int) async throws(CatalogError) -> [Tenant] {
        guard !nodes.isEmpty else { return [] }
        let list = nodes.indices.map { "?\($0 + 2)" }.joined(separator: ", ")
        return try await tenants(
            "t.schema_name = ?1 AND p.owner IN (\(list))", [.text(schema)] + nodes.map { .node($0) }, limit: limit)
    }

    /// Those under way.
    ///
    /// - Throws: `CatalogError`.
    package func moving() async throws(CatalogError) -> [Tenant] {
        try await tenants("p.state = 'moving'", [])
    }

    private func tenants(
        _ condition: String, _ arguments: [CatalogValue], order: String = "", limit: Int = FleetRows.most
    ) async throws(CatalogError) -> [Tenant] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT t.key, t.schema_name, t.pin, t.isolated, t.bytes, p.tenant, p.owner, p.epoch, p.version, p.state, p.target, p.move
            FROM placements p JOIN tenants t ON t.id = p.tenant
            WHERE \(condition) AND t.state NOT IN ('creating', 'deleted', 'purging')\(order) LIMIT \(limit)
            """, arguments)
        var found: [Tenant] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("tenants", row)
            found.append(
                Tenant(
                    key: try reader.key(), schema: try reader.text(), pin: try reader.nodeOrNull(),
                    isIsolated: try reader.flag(),
                    bytes: try reader.integer(), placement: try Placement(from: &reader)))
        }
        return found
    }

    /// Tenants of a node that cannot be moved: being made or deleted.
    ///
    /// - Throws: `CatalogError`.
    package func immovable(on node: NodeID) async throws(CatalogError) -> Int {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT COUNT(*) FROM placements p JOIN tenants t ON t.id = p.tenant
            WHERE p.owner = ?1 AND t.state IN ('creating', 'deleted', 'purging')
            """, [.node(node)])
        var reader = RowReader("tenants", try await store.read(plan)[0].rows[0])
        return Int(try reader.integer())
    }

    /// Moves begun since then that have ended, the oldest first.
    ///
    /// - Throws: `CatalogError`.
    package func ended(since time: WallTime) async throws(CatalogError) -> [Ended] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT tenant, source, state, updated FROM moves
            WHERE created >= ?1 AND state IN ('committed', 'done', 'aborted') ORDER BY created DESC LIMIT \(Self.most)
            """, [.time(time)])
        var ended: [Ended] = []
        for row in try await store.read(plan)[0].rows.reversed() {
            var reader = RowReader("moves", row)
            let (tenant, source) = (try reader.tenant(), try reader.node())
            let state = try reader.word(MoveRow.State.self)
            ended.append(Ended(tenant: tenant, source: source, hasMoved: state != .aborted, at: try reader.time()))
        }
        return ended
    }
}
