package import Vocabulary

extension TenantRows {
    /// Marks a tenant deleted: no longer served, its key and its file kept. Repeating it keeps the first time.
    ///
    /// - Returns: the row as it is now; nil if there is none.
    /// - Throws: `CatalogError`.
    package func delete(_ id: TenantID, at now: WallTime) async throws(CatalogError) -> TenantRow? {
        try await turn(
            id, by: "state_before = state, state = 'deleted', deleted = ?2",
            where: "state NOT IN ('deleted', 'purging')",
            [.time(now)], "tenant.delete", at: now)
    }

    /// Marks a tenant deleted that was made and nothing else: nobody has changed its row, joined it, claimed for it, or has
    /// replicas of it. Its file may go at once: should the deletion be taken back, it is made as if it had never been.
    ///
    /// - Returns: the row as it is now, in state `deleted` where it is so; nil if there is none.
    /// - Throws: `CatalogError`.
    package func deleteUnused(_ id: TenantID, at now: WallTime) async throws(CatalogError) -> TenantRow? {
        try await turn(
            id, by: "state_before = 'creating', state = 'deleted', deleted = ?2",
            // 1 when it is made, 2 when it is ready.
            where: """
                state = 'ready' AND revision = 2
                AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.tenant = ?1)
                AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.tenant = ?1)
                AND NOT EXISTS (SELECT 1 FROM replica_generations r WHERE r.tenant = ?1)
                """,
            [.time(now)], "tenant.delete", at: now)
    }

    /// Takes a deletion back; the tenant is what it was before. A tenant that is not deleted stays as it is, and so does one
    /// that is being removed.
    ///
    /// - Returns: the row as it is now; nil if there is none (it was purged).
    /// - Throws: `CatalogError`.
    package func undelete(_ id: TenantID, at now: WallTime) async throws(CatalogError) -> TenantRow? {
        try await turn(
            id, by: "state = state_before, state_before = NULL, deleted = NULL", where: "state = 'deleted'", [],
            "tenant.undelete", at: now)
    }

    private func turn(
        _ id: TenantID, by assignments: String, where condition: String, _ arguments: [CatalogValue], _ action: String,
        at now: WallTime
    ) async throws(CatalogError) -> TenantRow? {
        var plan = CatalogPlan()
        let changed = plan.add(
            "UPDATE tenants SET \(assignments), revision = revision + 1 WHERE id = ?1 AND \(condition)",
            [.id(id)] + arguments, expect: .affected(1))
        ChangeLog.append(.tenant, of: id, to: &plan)
        let row = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        plan.note(action, try await find(id)?.key.string ?? id.description, tenant: id)
        do {
            return try TenantRow(try await store.write(plan, at: now)[row].rows[0])
        } catch .guardFailed(changed, _) {
            return try await find(id)
        }
    }

    package enum PurgeOutcome: Equatable, Sendable {
        /// The removal has begun: the owner drops the file, then calls `purge`.
        case begun(TenantRow)
        /// There is no row any more.
        case gone
        /// Only a deleted tenant is purged.
        case notDeleted(TenantRow)
        /// A move of it is under way, or it has another owner; that must end first.
        case moving(TenantRow)
    }

    /// The first step of removing a deleted tenant for good. From here on nothing brings it back, so its owner may drop the
    /// file: a deletion that is taken back at the same time either wins here or is refused. Safe to repeat.
    ///
    /// - Parameter owner: the node that will drop the file.
    /// - Parameter deletedBefore: only if it was deleted before this.
    /// - Throws: `CatalogError`.
    package func beginPurge(
        _ id: TenantID, ownedBy owner: NodeID, deletedBefore: WallTime? = nil, at now: WallTime
    ) async throws(CatalogError) -> PurgeOutcome {
        var plan = CatalogPlan()
        let found = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        let turned = plan.add(
            """
            UPDATE tenants SET state = 'purging', revision = revision + 1
            WHERE id = ?1 AND state = 'deleted' AND deleted < ?3
            AND EXISTS (SELECT 1 FROM placements p WHERE p.tenant = ?1 AND p.owner = ?2 AND p.state = 'stable')
            """, [.id(id), .node(owner), .integer(deletedBefore?.milliseconds ?? .max)], expect: .affected(1))
        ChangeLog.append(.tenant, of: id, to: &plan)
        let after = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        plan.note("tenant.purge", try await find(id)?.key.string ?? id.description, tenant: id)
        do {
            return .begun(try TenantRow(try await store.write(plan, at: now)[after].rows[0]))
        } catch .guardFailed(found, _) {
            return .gone
        } catch .guardFailed(turned, let results) {
            let row = try TenantRow(results[found].rows[0])
            guard row.state == .deleted || row.state == .purging else { return .notDeleted(row) }
            guard row.placement.state == .stable, row.placement.owner == owner else { return .moving(row) }
            return row.state == .purging ? .begun(row) : .notDeleted(row)
        }
    }

    /// The last step: removes the row, once the owner has dropped the file. The key is held as after a rename. Safe to repeat.
    ///
    /// - Throws: `CatalogError`.
    package func purge(_ id: TenantID, at now: WallTime) async throws(CatalogError) {
        var plan = CatalogPlan()
        let begun = plan.add("SELECT id FROM tenants WHERE id = ?1 AND state = 'purging'", [.id(id)], expect: .rows(1))
        // One that was never ready may be in the making just now.
        LeftoverRows.note(
            placementOf: id,
            where: "EXISTS (SELECT 1 FROM tenants t WHERE t.id = p.tenant AND t.state_before = 'creating')", at: now,
            in: &plan)
        release(keyOf: id, at: now, in: &plan)
        ChangeLog.append(.tenant, of: id, to: &plan)
        plan.add("DELETE FROM tenants WHERE id = ?1", [.id(id)], expect: .affected(1))
        plan.add("DELETE FROM replica_generations WHERE tenant = ?1", [.id(id)])
        ClaimRows.removeAll(of: id, in: &plan)
        plan.add("DELETE FROM memberships WHERE tenant = ?1", [.id(id)])
        plan.add("DELETE FROM placements WHERE tenant = ?1 AND state = 'stable'", [.id(id)], expect: .affected(1))
        do {
            _ = try await store.write(plan, at: now)
        } catch .guardFailed(begun, _) {
            // It is gone, or its removal has not begun: nothing is to be done.
        }
    }
}
