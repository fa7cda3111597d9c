package import Vocabulary

/// Claims: unique (namespace, value) pairs, each of one tenant. Emails are claims too, and are the users' operations' alone.
///
/// A row is made by `reserve` and goes by `remove`. Whoever removes a reservation has first made its tenant refuse the token, so
/// that a write which is still under way cannot take effect beside another claimant's.
package struct ClaimRows: Sendable {
    /// The namespace that users' operations own.
    package static let emails = "email"
    /// Claims of one tenant at most, reservations included.
    package static let most = 10_000

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    // MARK: Reading

    /// - Throws: `CatalogError`.
    package func find(_ namespace: String, _ value: String) async throws(CatalogError) -> ClaimRow? {
        var plan = CatalogPlan()
        read(namespace, value, in: &plan)
        return try ClaimRow.all(try await store.read(plan)[0]).first
    }

    /// By namespace and value, without emails.
    ///
    /// - Parameter after: the last of the page before.
    /// - Throws: `CatalogError`.
    package func list(
        tenant: TenantID? = nil, namespace: String? = nil, after: (namespace: String, value: String)? = nil,
        limit: Int = 100
    ) async throws(CatalogError) -> [ClaimRow] {
        var conditions = ["c.namespace <> '\(Self.emails)'"]
        var arguments: [CatalogValue] = []
        if let tenant {
            arguments.append(.id(tenant))
            conditions.append("c.tenant = ?\(arguments.count)")
        }
        if let namespace {
            arguments.append(.text(namespace))
            conditions.append("c.namespace = ?\(arguments.count)")
        }
        if let after {
            arguments += [.text(after.namespace), .text(after.value)]
            let (first, second) = ("?\(arguments.count - 1)", "?\(arguments.count)")
            conditions.append("(c.namespace > \(first) OR (c.namespace = \(first) AND c.value > \(second)))")
        }
        var plan = CatalogPlan()
        plan.add(
            """
            \(ClaimRow.select) WHERE \(conditions.joined(separator: " AND ")) ORDER BY c.namespace, c.value
            LIMIT \(min(max(limit, 1), 1000))
            """, arguments)
        return try ClaimRow.all(try await store.read(plan)[0])
    }

    /// Reservations of a node's tenants whose time is over, those of deleted tenants left out: these keep theirs.
    ///
    /// - Parameter after: the last token of the page before.
    /// - Throws: `CatalogError`.
    package func expired(
        ownedBy node: NodeID, after token: [UInt8] = [], at now: WallTime, limit: Int = 100
    ) async throws(CatalogError) -> [ClaimRow] {
        var plan = CatalogPlan()
        plan.add(
            """
            \(ClaimRow.select) JOIN placements p ON p.tenant = c.tenant JOIN tenants t ON t.id = c.tenant
            WHERE c.state <> 'confirmed' AND c.expires <= ?1 AND c.namespace <> '\(Self.emails)' AND c.token > ?2
            AND p.owner = ?3 AND t.state NOT IN ('creating', 'deleted', 'purging') ORDER BY c.token
            LIMIT \(min(max(limit, 1), 1000))
            """, [.time(now), .blob(token), .node(node)])
        return try ClaimRow.all(try await store.read(plan)[0])
    }

    @discardableResult
    private func read(
        _ namespace: String, _ value: String, in plan: inout CatalogPlan, expect: CatalogExpectation = .any
    ) -> Int {
        plan.add(
            "\(ClaimRow.select) WHERE c.namespace = ?1 AND c.value = ?2", [.text(namespace), .text(value)],
            expect: expect)
    }
}

// MARK: Changing

extension ClaimRows {
    package enum ReserveOutcome: Equatable, Sendable {
        case reserved(ClaimRow)
        case taken(ClaimRow)
        /// The tenant is gone, deleted, or not ready yet.
        case noTenant
        case tooMany
    }

    /// Of any number of claimants at once one gets `reserved`.
    ///
    /// - Parameter token: its SHA-256.
    /// - Throws: `CatalogError`.
    package func reserve(
        _ namespace: String, _ value: String, for tenant: TenantID, token: [UInt8], until expires: WallTime,
        at now: WallTime
    ) async throws(CatalogError) -> ReserveOutcome {
        // A conflict means that another came between our look and our insert; another look says who.
        for _ in 0..<4 {
            do {
                return try await tryReserve(namespace, value, tenant, token, expires, at: now)
            } catch .conflict {
                continue
            }
        }
        throw .unavailable("too many claims of one value at once")
    }

    private func tryReserve(
        _ namespace: String, _ value: String, _ tenant: TenantID, _ token: [UInt8], _ expires: WallTime,
        at now: WallTime
    ) async throws(CatalogError) -> ReserveOutcome {
        var plan = CatalogPlan()
        let free = read(namespace, value, in: &plan, expect: .rows(0))
        let known = plan.add(
            "SELECT key FROM tenants WHERE id = ?1 AND state IN ('ready', 'read-only', 'blocked')", [.id(tenant)],
            expect: .rows(1))
        let room = plan.add(
            "SELECT t.id FROM tenants t WHERE t.id = ?1 AND (SELECT COUNT(*) FROM claims c WHERE c.tenant = ?1) < ?2",
            [.id(tenant), .integer(Int64(Self.most))], expect: .rows(1))
        plan.add(
            """
            INSERT INTO claims (namespace, value, state, token, tenant, created, changed, expires)
            VALUES (?1, ?2, 'reserved', ?3, ?4, ?5, ?5, ?6)
            """,
            [.text(namespace), .text(value), .blob(token), .id(tenant), .time(now), .time(expires)],
            expect: .affected(1))
        let after = read(namespace, value, in: &plan, expect: .rows(1))
        plan.step = .init("claim.reserve", namespace, value, tenant.description)
        plan.note("claim.reserve", Self.name(namespace, value), tenant: tenant)
        do {
            return .reserved(try ClaimRow(try await store.write(plan, at: now)[after].rows[0]))
        } catch .guardFailed(free, let results) {
            return .taken(try ClaimRow(results[free].rows[0]))
        } catch .guardFailed(known, _) {
            return .noTenant
        } catch .guardFailed(room, _) {
            return .tooMany
        }
    }

    package enum ConfirmOutcome: Equatable, Sendable {
        case confirmed(ClaimRow)
        /// The value is another's by now, or nobody's: the reservation has gone.
        case gone
    }

    /// Makes a reservation last. Its tenant holds a write with its token, durably: the caller has seen that. Safe to repeat.
    ///
    /// - Throws: `CatalogError`.
    package func confirm(_ claim: ClaimRow, at now: WallTime) async throws(CatalogError) -> ConfirmOutcome {
        var plan = CatalogPlan()
        let seen = read(claim.namespace, claim.value, in: &plan)
        let changed = plan.add(
            """
            UPDATE claims SET state = 'confirmed', expires = NULL, changed = ?4
            WHERE namespace = ?1 AND value = ?2 AND token = ?3 AND state = 'reserved'
            """, [.text(claim.namespace), .text(claim.value), .blob(claim.token), .time(now)], expect: .affected(1))
        let after = read(claim.namespace, claim.value, in: &plan, expect: .rows(1))
        plan.note("claim.confirm", Self.name(claim.namespace, claim.value), tenant: claim.tenant)
        do {
            return .confirmed(try ClaimRow(try await store.write(plan, at: now)[after].rows[0]))
        } catch .guardFailed(changed, let results) {
            guard let row = results[seen].rows.first else { return .gone }
            let now = try ClaimRow(row)
            return now.token == claim.token ? .confirmed(now) : .gone
        }
    }

    /// Frees a value. Its tenant refuses the token from now on, durably: the caller has seen to that. Safe to repeat.
    ///
    /// - Parameter reason: for the audit log: `claim.expire`, `claim.release`.
    /// - Parameter onlyReserved: leaves a claim alone that has been confirmed meanwhile.
    /// - Returns: false if it was not there any more.
    /// - Throws: `CatalogError`.
    package func remove(
        _ claim: ClaimRow, onlyReserved: Bool, as reason: String, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        let removed = plan.add(
            """
            DELETE FROM claims WHERE namespace = ?1 AND value = ?2 AND token = ?3
            \(onlyReserved ? "AND state = 'reserved'" : "")
            """, [.text(claim.namespace), .text(claim.value), .blob(claim.token)], expect: .affected(1))
        plan.step = .init(reason, claim.namespace, claim.value)
        plan.note(reason, Self.name(claim.namespace, claim.value), tenant: claim.tenant)
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(removed, _) {
            return false
        }
    }

    /// With a tenant that goes for good its claims go.
    static func removeAll(of tenant: TenantID, in plan: inout CatalogPlan) {
        plan.add("DELETE FROM claims WHERE tenant = ?1 AND namespace <> '\(emails)'", [.id(tenant)])
    }

    private static func name(_ namespace: String, _ value: String) -> String { "\(namespace)/\(value)" }
}
