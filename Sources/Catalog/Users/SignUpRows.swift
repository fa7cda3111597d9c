package import Vocabulary

/// Sign-ups: an email, a tenant, a user, a membership and a session, all of it or nothing.
///
/// `reserve` takes the email and the tenant's key in one transaction; the tenant's row is `creating`, and nothing but `confirm`
/// makes it ready. `confirm` does all the rest in one transaction, `undo` takes everything back in one. Whatever dies in between,
/// one of the two comes.
package struct SignUpRows: Sendable {
    /// Milliseconds after which a sign-up that was not confirmed may be taken back, where nobody says otherwise.
    package static let patience: Int64 = 30_000
    /// Milliseconds for which one that is done is remembered for callers who ask again.
    package static let memory: Int64 = 24 * 3600 * 1000

    let store: CatalogStore
    let patience: Int64

    /// - Parameter patience: milliseconds that a sign-up has until it may be taken back.
    package init(_ store: CatalogStore, patience: Int64 = patience) {
        self.store = store
        self.patience = patience
    }

    package enum ReserveOutcome: Equatable, Sendable {
        /// Next: the owner makes the tenant's file, then `confirm`.
        case reserved(SignUpRow, TenantRow)
        /// The same caller has asked the same before; the tenant's row is nil where it is gone.
        case again(SignUpRow, TenantRow?)
        /// The same caller has asked for something else under the same key.
        case otherRequest
        case emailTaken
        /// Another sign-up has the email; from that time on it may be taken back.
        case emailPending(token: [UInt8], until: WallTime)
        /// Why the tenant cannot be made; never `created`.
        case noTenant(TenantRows.CreateOutcome)
    }

    /// Takes the email and the key. Of any number of sign-ups for one email exactly one gets `reserved`.
    ///
    /// - Throws: `CatalogError`.
    package func reserve(
        _ new: NewSignUp, on owner: NodeID, at now: WallTime
    ) async throws(CatalogError) -> ReserveOutcome {
        // A conflict means that somebody came between our look and our insert; another look says who.
        for _ in 0..<4 {
            do {
                return try await tryReserve(new, on: owner, at: now)
            } catch .conflict {
                continue
            }
        }
        throw .unavailable("too many sign-ups with one email or key at once")
    }

    private func tryReserve(
        _ new: NewSignUp, on owner: NodeID, at now: WallTime
    ) async throws(CatalogError) -> ReserveOutcome {
        let tenants = TenantRows(store)
        let (tenant, user, token) = (store.freshTenantID(), UserID(store.freshID()), store.freshToken())
        var plan = CatalogPlan()
        let first = new.repeatKey.map { key in
            plan.add(
                "SELECT \(SignUpRow.columns) FROM signups g WHERE g.repeat_key = ?1", [.blob(key)], expect: .rows(0))
        }
        let free = EmailClaim.guardFree(new.email, in: &plan)
        let guards = CreateGuards(new.tenant.key, for: tenant, on: owner, at: now, tenants, in: &plan)
        claim(new, token, tenant, user, at: now, in: &plan)
        tenants.insert(new.tenant, id: tenant, owner: owner, at: now, in: &plan)
        ChangeLog.append(.tenant, of: tenant, to: &plan)
        plan.note("signup.reserve", user.description, tenant: tenant, detail: ["key": new.tenant.key.string])
        let row = plan.add(
            "SELECT \(SignUpRow.columns) FROM signups g WHERE g.token = ?1", [.blob(token)], expect: .rows(1))
        let made = plan.add("\(TenantRow.select) WHERE t.id = ?1", [.id(tenant)], expect: .rows(1))
        do throws(CatalogError) {
            let results = try await store.write(plan, at: now)
            return .reserved(try SignUpRow.all(results[row])[0], try TenantRow(results[made].rows[0]))
        } catch {
            switch error {
            case .guardFailed(let index, let results) where index == first:
                return try await again(try SignUpRow.all(results[index])[0], new)
            case .guardFailed(free, let results):
                switch try EmailClaim.holder(results[free]) {
                case .user: return .emailTaken
                case .signUp(let token, let until): return .emailPending(token: token, until: until)
                }
            default: return .noTenant(try guards.outcome(of: error, tenants))
            }
        }
    }

    private func again(_ row: SignUpRow, _ new: NewSignUp) async throws(CatalogError) -> ReserveOutcome {
        guard row.request == new.request else { return .otherRequest }
        return .again(row, try await TenantRows(store).find(row.tenant))
    }

    private func claim(
        _ new: NewSignUp, _ token: [UInt8], _ tenant: TenantID, _ user: UserID, at now: WallTime,
        in plan: inout CatalogPlan
    ) {
        let expires = CatalogValue.integer(now.milliseconds + patience)
        plan.add(
            """
            INSERT INTO claims (namespace, value, state, token, owner, created, changed, expires)
            VALUES (?1, ?2, 'reserved', ?3, ?4, ?5, ?5, ?6)
            """,
            [
                EmailClaim.namespace, .text(new.email.normal), .blob(token), .text(user.description), .time(now),
                expires,
            ])
        plan.add(
            """
            INSERT INTO signups (token, state, normal, user_id, tenant, repeat_key, request, password, created, expires)
            VALUES (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """,
            [
                .blob(token), .text(new.email.normal), .user(user), .id(tenant),
                new.repeatKey.map { .blob($0) } ?? .null,
                .blob(new.request), .textOrNull(new.password), .time(now), expires,
            ])
    }

    /// Which sign-ups somebody asks for.
    package enum Which: Sendable {
        case all
        case claim(token: [UInt8])
        case tenant(TenantID)
    }

    /// Sign-ups that nobody has confirmed in time, the oldest first.
    ///
    /// - Throws: `CatalogError`.
    package func overdue(
        _ which: Which = .all, at now: WallTime, limit: Int = 100
    ) async throws(CatalogError) -> [SignUpRow] {
        var plan = CatalogPlan()
        let (condition, arguments): (String, [CatalogValue]) =
            switch which {
            case .all: ("", [])
            case .claim(let token): ("AND g.token = ?2", [.blob(token)])
            case .tenant(let tenant): ("AND g.tenant = ?2", [.id(tenant)])
            }
        plan.add(
            """
            SELECT \(SignUpRow.columns) FROM signups g WHERE g.expires < ?1 AND g.state = 'open' \(condition)
            ORDER BY g.expires LIMIT \(min(max(limit, 1), 1000))
            """, [.time(now)] + arguments)
        return try SignUpRow.all(try await store.read(plan)[0])
    }

    /// What of a user came by signing up.
    ///
    /// - Throws: `CatalogError`.
    package func list(of user: UserID) async throws(CatalogError) -> [SignUpRow] {
        var plan = CatalogPlan()
        plan.add("SELECT \(SignUpRow.columns) FROM signups g WHERE g.user_id = ?1 LIMIT 10", [.user(user)])
        return try SignUpRow.all(try await store.read(plan)[0])
    }

    static func sweep(at now: WallTime, in plan: inout CatalogPlan) {
        plan.add(
            """
            DELETE FROM signups WHERE token IN (SELECT token FROM signups WHERE state = 'done' AND expires < ?1
            ORDER BY expires LIMIT \(Housekeeping.piece))
            """, [.time(now)])
    }
}
