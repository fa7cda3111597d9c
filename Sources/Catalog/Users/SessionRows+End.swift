package import Vocabulary

extension SessionRows {
    /// Ends a session. Repeating it changes nothing. In the log of changes.
    ///
    /// - Returns: the row; nil if there is none.
    /// - Throws: `CatalogError`.
    package func revoke(_ id: UInt64, at now: WallTime) async throws(CatalogError) -> SessionRow? {
        guard let row = try await find(id) else { return nil }
        guard row.revoked == nil else { return row }
        var plan = CatalogPlan()
        let ended = plan.add(
            "UPDATE sessions SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL", [.bits(id), .time(now)],
            expect: .affected(1))
        UserChangeLog.append(row.user, to: &plan)
        plan.note("session.end", row.user.description, detail: ["session": row.publicID])
        do {
            _ = try await store.write(plan, at: now)
            return row
        } catch .guardFailed(ended, _) {
            return row
        }
    }

    /// Ends all sessions of a user. In the log of changes.
    ///
    /// - Parameter spared: one that goes on.
    /// - Returns: how many were ended; nil if there is no such user.
    /// - Throws: `CatalogError`.
    package func revokeAll(
        of user: UserID, but spared: UInt64? = nil, at now: WallTime
    ) async throws(CatalogError) -> Int? {
        var plan = CatalogPlan()
        let known = plan.add("SELECT id FROM users WHERE id = ?1", [.user(user)], expect: .rows(1))
        let ended = Self.endAll(of: user, but: spared, at: now, in: &plan)
        UserChangeLog.append(user, to: &plan)
        plan.note("session.end", user.description, detail: ["session": "all"])
        do {
            return try await store.write(plan, at: now)[ended].affected
        } catch .guardFailed(known, _) {
            return nil
        }
    }

    @discardableResult
    static func endAll(of user: UserID, but spared: UInt64? = nil, at now: WallTime, in plan: inout CatalogPlan) -> Int
    {
        plan.add(
            "UPDATE sessions SET revoked = ?2 WHERE user_id = ?1 AND revoked IS NULL"
                + (spared == nil ? "" : " AND id <> ?3"),
            [.user(user), .time(now)] + (spared.map { [.bits($0)] } ?? []))
    }

    /// Puts a session's end off because it is used. Nothing that anybody must hear of, and never backwards.
    ///
    /// - Throws: `CatalogError`.
    package func slide(_ row: SessionRow, at now: WallTime) async throws(CatalogError) {
        guard let idle = row.idle else { return }
        let expires = min(row.ends.milliseconds, now.milliseconds + idle)
        var plan = CatalogPlan()
        plan.isUnnoted = true
        plan.add(
            """
            UPDATE sessions SET slid = ?2, expires = ?3 WHERE digest = ?1 AND revoked IS NULL AND slid < ?2
            AND expires > ?2 AND expires < ?3
            """, [.blob(row.digest), .time(now), .integer(expires)])
        _ = try await store.write(plan, at: now)
    }

    /// Forgets sessions some time after they ended, up to 1,000 a call.
    static func sweep(endedBefore time: WallTime, in plan: inout CatalogPlan) {
        for end in ["expires", "revoked"] {
            plan.add(
                """
                DELETE FROM sessions WHERE digest IN
                (SELECT digest FROM sessions WHERE \(end) < ?1 ORDER BY \(end) LIMIT \(Housekeeping.piece))
                """, [.time(time)])
        }
    }
}
