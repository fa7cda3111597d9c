package import Vocabulary

extension NodeRows {
    package enum DrainOutcome: Equatable, Sendable {
        /// The row as it is now; also where it was so before.
        case done(NodeRow)
        case notFound
        /// The catalog is in its data directory: it cannot be emptied.
        case holdsCatalog
    }

    /// Begins to empty a node: from now on nothing comes to it, and the controller moves its tenants away. Repeating it changes
    /// nothing.
    ///
    /// - Throws: `CatalogError`.
    package func drain(_ id: NodeID, at now: WallTime) async throws(CatalogError) -> DrainOutcome {
        guard let row = try await find(id) else { return .notFound }
        if row.holdsCatalog { return .holdsCatalog }
        if row.drain != nil { return .done(row) }
        var plan = CatalogPlan()
        let set = plan.add(
            """
            UPDATE nodes SET drain_since = ?2, drain_note = NULL,
            drain_tenants = (SELECT COUNT(*) FROM placements WHERE owner = ?1),
            state = CASE WHEN state = 'fenced' THEN 'fenced' ELSE 'draining' END
            WHERE id = ?1 AND drain_since IS NULL AND holds_catalog = 0
            """, [.node(id), .time(now)], expect: .affected(1))
        return try await change(id, plan, set, "node.drain", at: now)
    }

    /// Takes it back: new tenants and moves come to the node again.
    ///
    /// - Throws: `CatalogError`.
    package func undrain(_ id: NodeID, at now: WallTime) async throws(CatalogError) -> DrainOutcome {
        guard let row = try await find(id) else { return .notFound }
        if row.drain == nil { return .done(row) }
        var plan = CatalogPlan()
        let set = plan.add(
            """
            UPDATE nodes SET drain_since = NULL, drain_tenants = NULL, drain_note = NULL,
            state = CASE WHEN state = 'draining' THEN 'up' ELSE state END
            WHERE id = ?1 AND drain_since IS NOT NULL
            """, [.node(id)], expect: .affected(1))
        return try await change(id, plan, set, "node.undrain", at: now)
    }

    private func change(
        _ id: NodeID, _ plan: CatalogPlan, _ set: Int, _ action: String, at now: WallTime
    ) async throws(CatalogError) -> DrainOutcome {
        var plan = plan
        let after = read(id, in: &plan, expect: .rows(1))
        plan.note(action, id.name)
        do {
            return .done(try NodeRow(try await store.write(plan, at: now)[after].rows[0]))
        } catch .guardFailed(set, _) {
            // Somebody else was first, or it took the catalog in meanwhile.
            guard let row = try await find(id) else { return .notFound }
            return row.holdsCatalog ? .holdsCatalog : .done(row)
        }
    }

    /// Writes down why a drain does not end, or that nothing stands in its way.
    ///
    /// - Throws: `CatalogError`.
    package func note(_ id: NodeID, _ note: String?, at now: WallTime) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        plan.add(
            "UPDATE nodes SET drain_note = ?2 WHERE id = ?1 AND drain_since IS NOT NULL",
            [.node(id), .textOrNull(note)])
        _ = try await store.write(plan, at: now)
    }
}
