package import Vocabulary

extension SessionRows {
    package enum CreateOutcome: Equatable, Sendable {
        case created(SessionRow)
        /// There is none, it is disabled, or its password has been changed meanwhile.
        case noUser
        /// The user is no member of the tenant, or the tenant is deleted.
        case notMember
    }

    /// Begins a session, if the user may have one at that moment. Where it has as many as it may, the oldest ends.
    ///
    /// - Parameter password: the hash that was verified; nil where nobody asked for a password.
    /// - Throws: `CatalogError`.
    package func create(
        _ new: NewSession, of user: UserID, verified password: String? = nil, at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome {
        for _ in 0..<4 {
            switch try await tryCreate(new, of: user, password, at: now) {
            // The result of an earlier attempt at the same request, whose token nobody has any more: another one is begun.
            case .created(let row)? where row.digest != new.digest: continue
            case .some(let outcome): return outcome
            case nil: try await endOldest(of: user, at: now)
            }
        }
        throw .unavailable("too many sessions of user \(user) are begun at once")
    }

    /// - Returns: nil if the user has as many as it may.
    private func tryCreate(
        _ new: NewSession, of user: UserID, _ password: String?, at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome? {
        var plan = CatalogPlan()
        let active = plan.add(
            "SELECT id FROM users WHERE id = ?1 AND state = 'active'" + (password == nil ? "" : " AND password = ?2"),
            [.user(user)] + (password.map { [.text($0)] } ?? []), expect: .rows(1))
        let member = new.tenant.map { tenant in
            plan.add(
                """
                SELECT m.tenant FROM memberships m JOIN tenants t ON t.id = m.tenant
                WHERE m.user_id = ?1 AND m.tenant = ?2 AND t.state IN \(MembershipRows.usable)
                """, [.user(user), .id(tenant)], expect: .rows(1))
        }
        let few = plan.add(
            """
            SELECT digest FROM sessions WHERE user_id = ?1 ORDER BY created DESC, id DESC
            LIMIT 1 OFFSET \(Self.maximum - 1)
            """, [.user(user)], expect: .rows(0))
        let id = store.freshID()
        let row = Self.insert(new, id: id, of: user, at: now, in: &plan)
        plan.note(
            "session.begin", user.description, tenant: new.tenant,
            detail: ["session": TenantID(id).description, "by": password == nil ? "operator" : "password"])
        do throws(CatalogError) {
            let made = try await store.write(plan, at: now)[row]
            guard let session = try SessionRow.all(made).first else { throw .damaged("sessions: no row") }
            return .created(session)
        } catch .guardFailed(active, _) {
            return .noUser
        } catch .guardFailed(let index, _) where index == member {
            return .notMember
        } catch .guardFailed(few, _) {
            return nil
        }
    }

    /// - Returns: the index of the statement that reads the row.
    static func insert(
        _ new: NewSession, id: UInt64, of user: UserID, at now: WallTime, in plan: inout CatalogPlan
    ) -> Int {
        let ends = now.milliseconds + new.lifetime
        let expires = new.idle.map { min(ends, now.milliseconds + $0) } ?? ends
        plan.add(
            """
            INSERT INTO sessions (digest, id, user_id, tenant, role, device, origin, created, slid, idle, expires, ends)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)
            """,
            [
                .blob(new.digest), .bits(id), .user(user), new.tenant.map { .id($0) } ?? .null,
                .textOrNull(new.role?.rawValue), .text(new.device), .text(new.origin), .time(now),
                new.idle.map { .integer($0) } ?? .null, .integer(expires), .integer(ends),
            ])
        return plan.add(
            "SELECT \(SessionRow.columns) FROM sessions s WHERE s.digest = ?1", [.blob(new.digest)], expect: .rows(1))
    }

    /// Makes room for another one: what has ended goes first. In the log of changes.
    private func endOldest(of user: UserID, at now: WallTime) async throws(CatalogError) {
        var look = CatalogPlan()
        look.add(
            """
            SELECT \(SessionRow.columns) FROM sessions s WHERE s.user_id = ?1
            ORDER BY CASE WHEN s.revoked IS NULL AND s.expires > ?2 THEN 0 ELSE 1 END, s.created DESC, s.id DESC
            LIMIT \(Self.endedAtOnce) OFFSET \(Self.maximum - 1)
            """, [.user(user), .time(now)])
        let rows = try SessionRow.all(try await store.read(look)[0])
        var plan = CatalogPlan()
        plan.isUnnoted = true
        for row in rows {
            plan.add("DELETE FROM sessions WHERE digest = ?1", [.blob(row.digest)])
            if row.isLive(at: now) {
                plan.note("session.end", user.description, detail: ["session": row.publicID, "by": "limit"])
            }
        }
        UserChangeLog.append(user, to: &plan)
        _ = try await store.write(plan, at: now)
    }

    private static let endedAtOnce = 100
}
