package import Vocabulary

/// The sessions' rows: one file per verb; this one reads.
package struct SessionRows: Sendable {
    /// Sessions that one user may have; another one takes the place of one that has ended, else of the oldest.
    package static let maximum = 1000

    let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// The row in whatever state, nil where there is none.
    ///
    /// - Throws: `CatalogError`.
    package func find(_ id: UInt64) async throws(CatalogError) -> SessionRow? {
        var plan = CatalogPlan()
        plan.add("SELECT \(SessionRow.columns) FROM sessions s WHERE s.id = ?1", [.bits(id)])
        return try SessionRow.all(try await store.read(plan)[0]).first
    }

    /// A user's sessions, the oldest first; also those that ended a short while ago.
    ///
    /// - Parameter after: the last one of the page before.
    /// - Parameter limit: 1 to 1,000; anything else is brought into the range.
    /// - Throws: `CatalogError`.
    package func list(
        of user: UserID, after: (created: WallTime, id: UInt64)? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [SessionRow] {
        var plan = CatalogPlan()
        let next = after == nil ? "" : "AND (s.created > ?2 OR (s.created = ?2 AND s.id > ?3))"
        plan.add(
            """
            SELECT \(SessionRow.columns) FROM sessions s WHERE s.user_id = ?1 \(next)
            ORDER BY s.created, s.id LIMIT \(min(max(limit, 1), 1000))
            """, [.user(user)] + (after.map { [.time($0.created), .bits($0.id)] } ?? []))
        return try SessionRow.all(try await store.read(plan)[0])
    }

    /// All that must be known to let a session in.
    package struct Known: Equatable, Sendable {
        package var session: SessionRow
        package var userState: UserRow.State
        /// By tenant id.
        package var memberships: [Membership]
    }

    package struct Membership: Equatable, Sendable {
        package var tenant: TenantID
        package var key: TenantKey
        package var role: MemberRole
        /// Not deleted.
        package var isUsable: Bool
    }

    /// - Parameter digest: SHA-256 of the token.
    /// - Throws: `CatalogError`.
    package func lookUp(_ digest: [UInt8]) async throws(CatalogError) -> Known? {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT \(SessionRow.columns), u.state FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.digest = ?1
            """, [.blob(digest)])
        plan.add(
            """
            SELECT m.tenant, t.key, m.role, CASE WHEN t.state IN \(MembershipRows.usable) THEN 1 ELSE 0 END
            FROM sessions s JOIN memberships m ON m.user_id = s.user_id JOIN tenants t ON t.id = m.tenant
            WHERE s.digest = ?1 ORDER BY m.tenant LIMIT \(MembershipRows.maximum)
            """, [.blob(digest)])
        let results = try await store.read(plan)
        guard let row = results[0].rows.first else { return nil }
        var reader = RowReader("sessions", row)
        let session = try SessionRow(from: &reader)
        let state = try reader.word(UserRow.State.self)
        var memberships: [Membership] = []
        for row in results[1].rows {
            var reader = RowReader("memberships", row)
            memberships.append(
                Membership(
                    tenant: try reader.tenant(), key: try reader.key(), role: try reader.word(MemberRole.self),
                    isUsable: try reader.flag()))
        }
        return Known(session: session, userState: state, memberships: memberships)
    }
}
