package import Vocabulary

extension PlacementRows {
    package enum PrepareOutcome: Equatable, Sendable {
        /// The row as prepared; its version is what commit, abort and finish compare.
        case prepared(Placement)
        case notFound
        /// The tenant is being created or is deleted.
        case notMovable
        case alreadyThere(Placement)
        case moveInProgress(Placement)
        /// The target takes no tenants.
        case targetNotUp
        /// The row has changed since it was read.
        case differs(Placement)
    }

    /// Step 1 of a move: the row says where the tenant goes; the owner serves on. The move's row is made with it.
    ///
    /// - Parameter version: as the caller read it.
    /// - Throws: `CatalogError`.
    package func prepare(
        _ tenant: TenantID, version: UInt64, to target: NodeID, move: String, at now: WallTime
    ) async throws(CatalogError) -> PrepareOutcome {
        var plan = CatalogPlan()
        let seen = read(tenant, in: &plan)
        let movable = plan.add(
            "SELECT id FROM tenants WHERE id = ?1 AND state NOT IN ('creating', 'deleted', 'purging')", [.id(tenant)],
            expect: .rows(1))
        let set = plan.add(
            """
            UPDATE placements SET state = 'moving', target = ?3, move = ?4, version = version + 1
            WHERE tenant = ?1 AND version = ?2 AND state = 'stable' AND owner <> ?3
            """, [.id(tenant), .bits(version), .node(target), .text(move)], expect: .affected(1))
        let up = plan.add("SELECT id FROM nodes WHERE id = ?1 AND state = 'up'", [.node(target)], expect: .rows(1))
        plan.add(
            """
            INSERT INTO moves (id, tenant, source, target, state, epoch, bytes, created, updated)
            SELECT ?2, tenant, owner, target, 'preparing', epoch, 0, ?3, ?3 FROM placements WHERE tenant = ?1
            """, [.id(tenant), .text(move), .time(now)], expect: .affected(1))
        ChangeLog.append(.placement, of: tenant, to: &plan)
        plan.note("move.begin", move, tenant: tenant, detail: ["to": target.name])
        let after = read(tenant, in: &plan)
        do {
            return .prepared(try changed(try await store.write(plan, at: now), after))
        } catch .guardFailed(movable, let results) {
            return try row(results, seen) == nil ? .notFound : .notMovable
        } catch .guardFailed(set, let results) {
            return refusal(try row(results, seen), target: target)
        } catch .guardFailed(up, _) {
            return .targetNotUp
        }
    }

    private func refusal(_ row: Placement?, target: NodeID) -> PrepareOutcome {
        guard let row else { return .notFound }
        if row.state == .moving { return .moveInProgress(row) }
        return row.owner == target ? .alreadyThere(row) : .differs(row)
    }
}
