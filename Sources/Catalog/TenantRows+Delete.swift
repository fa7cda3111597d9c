package import Vocabulary

extension TenantRows {
    /// Marks a tenant deleted: no longer served, its key and its file kept. Repeating it keeps the first time.
    ///
    /// - Returns: the row as it is now; nil if there is none.
    /// - Throws: `CatalogError`.
    package func delete(_ id: TenantID, at now: WallTime) async throws(CatalogError) -> TenantRow? {
        try await turn(
            id, by: "state_before = state, state = 'deleted', deleted = ?2", where: "state <> 'deleted'",
            [.time(now)], at: now)
    }

    /// Takes a deletion back; the tenant is what it was before. A tenant that is not deleted stays as it is.
    ///
    /// - Returns: the row as it is now; nil if there is none (it was purged).
    /// - Throws: `CatalogError`.
    package func undelete(_ id: TenantID, at now: WallTime) async throws(CatalogError) -> TenantRow? {
        try await turn(
            id, by: "state = state_before, state_before = NULL, deleted = NULL", where: "state = 'deleted'", [],
            at: now)
    }

    private func turn(
        _ id: TenantID, by assignments: String, where condition: String, _ arguments: [CatalogValue], at now: WallTime
    ) async throws(CatalogError) -> TenantRow? {
        var plan = CatalogPlan()
        let changed = plan.add(
            "UPDATE tenants SET \(assignments), revision = revision + 1 WHERE id = ?1 AND \(condition)",
            [.id(id)] + arguments, expect: .affected(1))
        ChangeLog.append(.tenant, of: id, to: &plan)
        let row = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        do {
            return try TenantRow(try await store.write(plan, at: now)[row].rows[0])
        } catch .guardFailed(changed, _) {
            return try await find(id)
        }
    }

    package enum PurgeOutcome: Equatable, Sendable {
        /// The row is gone; also when it was gone before.
        case purged
        /// Only a deleted tenant is purged.
        case notDeleted(TenantRow)
        /// A move of it is under way; it must end first.
        case moving(TenantRow)
    }

    /// Removes a deleted tenant's row for good, after its owner has dropped the file. The key is held as after a rename.
    ///
    /// - Throws: `CatalogError`.
    package func purge(_ id: TenantID, at now: WallTime) async throws(CatalogError) -> PurgeOutcome {
        var plan = CatalogPlan()
        let found = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(id)], expect: .rows(1))
        let idle = plan.add(
            """
            SELECT t.id FROM tenants t JOIN placements p ON p.tenant = t.id
            WHERE t.id = ?1 AND t.state = 'deleted' AND p.state = 'stable'
            """, [.id(id)], expect: .rows(1))
        release(keyOf: id, at: now, in: &plan)
        ChangeLog.append(.tenant, of: id, to: &plan)
        plan.add("DELETE FROM tenants WHERE id = ?1 AND state = 'deleted'", [.id(id)], expect: .affected(1))
        plan.add("DELETE FROM placements WHERE tenant = ?1 AND state = 'stable'", [.id(id)], expect: .affected(1))
        do {
            _ = try await store.write(plan, at: now)
            return .purged
        } catch .guardFailed(found, _) {
            return .purged
        } catch .guardFailed(idle, let results) {
            let row = try TenantRow(results[found].rows[0])
            return row.state == .deleted ? .moving(row) : .notDeleted(row)
        }
    }
}
