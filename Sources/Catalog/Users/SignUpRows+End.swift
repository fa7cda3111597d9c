package import Vocabulary

extension SignUpRows {
    package enum ConfirmOutcome: Equatable, Sendable {
        case confirmed(UserRow, TenantRow, SessionRow)
        /// It was taken back, or somebody else has confirmed it.
        case notOpen
        /// Its tenant was deleted meanwhile, or given to another owner.
        case tenantChanged
    }

    /// Makes the user, its membership and its session, and the tenant ready: one transaction, after which everybody sees all of it.
    /// The tenant's file must be in its owner's journal, durably.
    ///
    /// - Parameter tenant: as the file was made for it.
    /// - Throws: `CatalogError`.
    package func confirm(
        _ row: SignUpRow, _ tenant: TenantRow, email: CatalogEmail, session: NewSession, at now: WallTime
    ) async throws(CatalogError) -> ConfirmOutcome {
        var plan = CatalogPlan()
        let open = plan.add(
            "SELECT token FROM signups WHERE token = ?1 AND state = 'open'", [.blob(row.token)], expect: .rows(1))
        let ready = plan.add(
            """
            UPDATE tenants SET state = 'ready', revision = revision + 1 WHERE id = ?1 AND state = 'creating'
            AND EXISTS (SELECT 1 FROM placements p WHERE p.tenant = ?1 AND p.owner = ?2 AND p.epoch = ?3)
            """, [.id(tenant.id), .node(tenant.placement.owner), .bits(tenant.placement.epoch.rawValue)],
            expect: .affected(1))
        ChangeLog.append(.tenant, of: tenant.id, to: &plan)
        plan.add(
            "UPDATE claims SET state = 'confirmed', expires = NULL, changed = ?2 WHERE token = ?1",
            [.blob(row.token), .time(now)], expect: .affected(1))
        UserRows.insert(row.user, email, row.password, at: now, in: &plan)
        MembershipRows.insert(row.user, row.tenant, .admin, at: now, in: &plan)
        let begun = SessionRows.insert(session, id: store.freshID(), of: row.user, at: now, in: &plan)
        plan.add(
            "UPDATE signups SET state = 'done', password = NULL, expires = ?2 WHERE token = ?1",
            [.blob(row.token), .integer(now.milliseconds + Self.memory)], expect: .affected(1))
        plan.note("signup.confirm", row.user.description, tenant: row.tenant)
        let user = plan.add("\(UserRow.select) WHERE u.id = ?1", [.user(row.user)], expect: .rows(1))
        let after = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(row.tenant)], expect: .rows(1))
        do throws(CatalogError) {
            let results = try await store.write(plan, at: now)
            guard let session = try SessionRow.all(results[begun]).first else { throw .damaged("sessions: no row") }
            return .confirmed(
                try UserRow(results[user].rows[0]), try TenantRow(results[after].rows[0]), session)
        } catch .guardFailed(open, _) {
            return .notOpen
        } catch .guardFailed(ready, _) {
            return .tenantChanged
        }
    }

    /// Takes a sign-up back that was not confirmed: email and key are free in the same transaction, and the tenant's owner is told
    /// to drop what it made (`LeftoverRows`).
    ///
    /// - Parameter overdue: only if its time is over.
    /// - Returns: false if it was confirmed or taken back by somebody else, or its time is not over.
    /// - Throws: `CatalogError`.
    package func undo(_ row: SignUpRow, ifOverdue overdue: Bool, at now: WallTime) async throws(CatalogError) -> Bool {
        for attempt in 1...Self.attempts {
            let isThere = try await TenantRows(store).find(row.tenant) != nil
            do {
                return try await tryUndo(row, ifOverdue: overdue, tenantIsThere: isThere, at: now)
            } catch .guardFailed {
                // The tenant was removed, or came back, since our look.
                await store.pause(before: attempt)
            }
        }
        throw .conflict(statement: 0)
    }

    private static let attempts = 8

    private func tryUndo(
        _ row: SignUpRow, ifOverdue overdue: Bool, tenantIsThere: Bool, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        let open = plan.add(
            "DELETE FROM signups WHERE token = ?1 AND state = 'open'" + (overdue ? " AND expires < ?2" : ""),
            [.blob(row.token)] + (overdue ? [.time(now)] : []), expect: .affected(1))
        plan.add(
            "DELETE FROM claims WHERE token = ?1 AND state = 'reserved'", [.blob(row.token)], expect: .affected(1))
        plan.note("signup.undo", row.user.description, tenant: row.tenant)
        if tenantIsThere {
            LeftoverRows.note(placementOf: row.tenant, at: now, in: &plan)
            ChangeLog.append(.tenant, of: row.tenant, to: &plan)
            plan.add(
                """
                DELETE FROM tenants WHERE id = ?1 AND (state = 'creating'
                OR (state IN ('deleted', 'purging') AND state_before = 'creating'))
                """, [.id(row.tenant)], expect: .affected(1))
            plan.add("DELETE FROM placements WHERE tenant = ?1", [.id(row.tenant)], expect: .affected(1))
        } else {
            plan.add("SELECT id FROM tenants WHERE id = ?1", [.id(row.tenant)], expect: .rows(0))
        }
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(open, _) {
            return false
        }
    }

    /// Keeps an open one from being taken back for another while: its caller has come again.
    ///
    /// - Returns: false if it is no longer open.
    /// - Throws: `CatalogError`.
    package func extend(_ row: SignUpRow, at now: WallTime) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        let expires = CatalogValue.integer(now.milliseconds + patience)
        let open = plan.add(
            "UPDATE signups SET expires = ?2 WHERE token = ?1 AND state = 'open'", [.blob(row.token), expires],
            expect: .affected(1))
        plan.add("UPDATE claims SET expires = ?2 WHERE token = ?1", [.blob(row.token), expires])
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(open, _) {
            return false
        }
    }
}
