package import Vocabulary

/// Which user may do what in which tenant.
package struct MembershipRows: Sendable {
    /// Tenants that one user may be a member of.
    package static let maximum = 256
    /// Tenants in these states may have members.
    static let usable = "('ready', 'read-only', 'blocked')"

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    package enum PutOutcome: Equatable, Sendable {
        case put
        case noUser
        /// There is none, or it is deleted.
        case noTenant
        case tooMany
    }

    /// Makes a user a member, or gives it another role. In the log of changes.
    ///
    /// - Throws: `CatalogError`.
    package func put(
        _ user: UserID, _ tenant: TenantID, _ role: MemberRole, at now: WallTime
    ) async throws(CatalogError) -> PutOutcome {
        var plan = CatalogPlan()
        let member = [CatalogValue.user(user), .id(tenant)]
        let known = plan.add("SELECT id FROM users WHERE id = ?1", [.user(user)], expect: .rows(1))
        let there = Self.guardTenant(tenant, in: &plan)
        let few = plan.add(
            """
            SELECT id FROM users WHERE id = ?1
            AND (SELECT COUNT(*) FROM memberships m WHERE m.user_id = ?1 AND m.tenant <> ?2) < \(Self.maximum)
            """, member, expect: .rows(1))
        plan.add(
            """
            INSERT INTO memberships (user_id, tenant, role, created, changed) VALUES (?1, ?2, ?3, ?4, ?4)
            ON CONFLICT (user_id, tenant) DO UPDATE SET role = excluded.role, changed = excluded.changed
            """, member + [.text(role.rawValue), .time(now)])
        UserChangeLog.append(user, to: &plan)
        plan.note("member.set", user.description, tenant: tenant, detail: ["role": role.rawValue])
        do {
            _ = try await store.write(plan, at: now)
            return .put
        } catch .guardFailed(known, _) {
            return .noUser
        } catch .guardFailed(there, _) {
            return .noTenant
        } catch .guardFailed(few, _) {
            return .tooMany
        }
    }

    /// Ends a membership; sessions of it are good for nothing there from then on. In the log of changes.
    ///
    /// - Returns: false if there was none.
    /// - Throws: `CatalogError`.
    package func remove(_ user: UserID, _ tenant: TenantID, at now: WallTime) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        let gone = plan.add(
            "DELETE FROM memberships WHERE user_id = ?1 AND tenant = ?2", [.user(user), .id(tenant)],
            expect: .affected(1))
        UserChangeLog.append(user, to: &plan)
        plan.note("member.remove", user.description, tenant: tenant)
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(gone, _) {
            return false
        }
    }

    /// A user's memberships by tenant, those in deleted tenants too.
    ///
    /// - Throws: `CatalogError`.
    package func list(of user: UserID) async throws(CatalogError) -> [MembershipRow] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT m.user_id, m.tenant, t.key, m.role, m.created, m.changed FROM memberships m
            JOIN tenants t ON t.id = m.tenant WHERE m.user_id = ?1 ORDER BY t.key LIMIT \(Self.maximum)
            """, [.user(user)])
        return try MembershipRow.all(try await store.read(plan)[0])
    }

    static func guardTenant(_ tenant: TenantID, in plan: inout CatalogPlan) -> Int {
        plan.add("SELECT id FROM tenants WHERE id = ?1 AND state IN \(usable)", [.id(tenant)], expect: .rows(1))
    }

    static func insert(
        _ user: UserID, _ tenant: TenantID, _ role: MemberRole, at now: WallTime, in plan: inout CatalogPlan
    ) {
        plan.add(
            "INSERT INTO memberships (user_id, tenant, role, created, changed) VALUES (?1, ?2, ?3, ?4, ?4)",
            [.user(user), .id(tenant), .text(role.rawValue), .time(now)])
    }
}

/// One membership, with the tenant's key as it is now.
package struct MembershipRow: Equatable, Sendable {
    package var user: UserID
    package var tenant: TenantID
    package var key: TenantKey
    package var role: MemberRole
    package var created: WallTime
    package var changed: WallTime

    static func all(_ result: CatalogRows) throws(CatalogError) -> [MembershipRow] {
        var rows: [MembershipRow] = []
        for row in result.rows {
            var reader = RowReader("memberships", row)
            rows.append(
                MembershipRow(
                    user: try reader.user(), tenant: try reader.tenant(), key: try reader.key(),
                    role: try reader.word(MemberRole.self), created: try reader.time(), changed: try reader.time()))
        }
        return rows
    }
}
