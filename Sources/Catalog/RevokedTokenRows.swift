package import Vocabulary

/// Tokens that are refused although their signature holds, until they would have expired anyway.
package struct RevokedTokenRows: Sendable {
    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Revokes a token; in the change log as `tokens` of its tenant. Repeating it changes nothing.
    ///
    /// - Parameter until: when the token expires by itself; the row is kept so long.
    /// - Returns: false if there is no such tenant.
    /// - Throws: `CatalogError`.
    package func revoke(
        _ jti: String, of tenant: TenantID, until: WallTime, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        let known = plan.add("SELECT id FROM tenants WHERE id = ?1", [.id(tenant)], expect: .rows(1))
        plan.add(
            """
            INSERT INTO revoked_tokens (jti, tenant, valid_until) VALUES (?1, ?2, ?3) ON CONFLICT (jti) DO NOTHING
            """, [.text(jti), .id(tenant), .time(until)])
        ChangeLog.append(.tokens, of: tenant, to: &plan)
        plan.note("token.revoke", jti, tenant: tenant)
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(known, _) {
            return false
        }
    }

    /// A page of the revoked tokens by id.
    ///
    /// - Throws: `CatalogError`.
    package func list(
        after jti: String = "", limit: Int = 1000
    ) async throws(CatalogError) -> [RevokedToken] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT jti, tenant, valid_until FROM revoked_tokens WHERE jti > ?1 ORDER BY jti
            LIMIT \(min(max(limit, 1), 1000))
            """, [.text(jti)])
        return try await tokens(plan)
    }

    /// The revoked tokens of one tenant; at most 1,000, those that live longest first.
    ///
    /// - Throws: `CatalogError`.
    package func list(of tenant: TenantID) async throws(CatalogError) -> [RevokedToken] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT jti, tenant, valid_until FROM revoked_tokens WHERE tenant = ?1 ORDER BY valid_until DESC, jti LIMIT 1000
            """, [.id(tenant)])
        return try await tokens(plan)
    }

    private func tokens(_ plan: CatalogPlan) async throws(CatalogError) -> [RevokedToken] {
        var tokens: [RevokedToken] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("revoked_tokens", row)
            tokens.append(
                RevokedToken(jti: try reader.text(), tenant: try reader.tenant(), until: try reader.time()))
        }
        return tokens
    }
}

/// One revoked token.
package struct RevokedToken: Equatable, Sendable {
    package var jti: String
    package var tenant: TenantID
    package var until: WallTime
}
