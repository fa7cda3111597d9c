package import Vocabulary

extension UserRows {
    /// What may be changed; nil leaves a field as it is.
    package struct Change: Equatable, Sendable {
        package var email: CatalogEmail?
        /// `.some(nil)` takes the password away.
        package var password: String??
        package var state: UserRow.State?
        /// End what sessions there are. Disabling does so in any case.
        package var endsSessions = false

        package init() {}
    }

    package enum ChangeOutcome: Equatable, Sendable {
        case changed(UserRow)
        case notFound
        case emailTaken
        case emailPending(until: WallTime)
    }

    /// Changes at once all come through.
    private static let attempts = 40

    /// Changes a user, all of it or nothing: another email is claimed and the old one given up in the same transaction that
    /// ends the sessions. In the log of changes.
    ///
    /// - Throws: `CatalogError`; `conflict` where others came before again and again.
    package func change(_ id: UserID, _ change: Change, at now: WallTime) async throws(CatalogError) -> ChangeOutcome {
        for attempt in 1...Self.attempts {
            guard let row = try await find(id) else { return .notFound }
            do {
                if let outcome = try await replace(row, by: row.applying(change, at: now), change, at: now) {
                    return outcome
                }
            } catch .conflict {
                // Somebody has taken the email between our look and our insert: the next look says so.
            }
            await store.pause(before: attempt)
        }
        throw .conflict(statement: 0)
    }

    /// - Returns: nil if the row has changed since it was read.
    private func replace(
        _ row: UserRow, by changed: UserRow, _ change: Change, at now: WallTime
    ) async throws(CatalogError) -> ChangeOutcome? {
        var plan = CatalogPlan()
        var free: Int?
        let same = plan.add(
            "SELECT id FROM users WHERE id = ?1 AND revision = ?2", [.user(row.id), .bits(row.revision)],
            expect: .rows(1))
        if !changed.email.normal.utf8.elementsEqual(row.email.normal.utf8) {
            free = EmailClaim.guardFree(changed.email, in: &plan)
            EmailClaim.delete(row.email, of: row.id, in: &plan)
            EmailClaim.insert(changed.email, of: row.id, token: store.freshToken(), at: now, in: &plan)
        }
        update(changed, in: &plan)
        if change.endsSessions || changed.state == .disabled { SessionRows.endAll(of: row.id, at: now, in: &plan) }
        UserChangeLog.append(row.id, to: &plan)
        plan.note("user.change", row.id.description, detail: change.facts)
        let read = plan.add("\(UserRow.select) WHERE u.id = ?1", [.user(row.id)], expect: .rows(1))
        do {
            return .changed(try UserRow(try await store.write(plan, at: now)[read].rows[0]))
        } catch .guardFailed(same, _) {
            return nil
        } catch .guardFailed(let index, let results) where index == free {
            switch try EmailClaim.holder(results[index]) {
            case .user: return .emailTaken
            case .signUp(_, let until): return .emailPending(until: until)
            }
        }
    }

    private func update(_ row: UserRow, in plan: inout CatalogPlan) {
        plan.add(
            """
            UPDATE users SET email = ?2, normal = ?3, rule = ?4, password = ?5, password_changed = ?6, state = ?7,
            changed = ?8, revision = revision + 1 WHERE id = ?1
            """,
            [
                .user(row.id), .text(row.email.given), .text(row.email.normal), .integer(Int64(row.email.rule)),
                .textOrNull(row.password), .timeOrNull(row.passwordChanged), .text(row.state.rawValue),
                .time(row.changed),
            ], expect: .affected(1))
    }

    /// Stores the same password hashed anew, unless it was changed meanwhile. Not a change that anybody must hear of.
    ///
    /// - Returns: whether it was stored.
    /// - Throws: `CatalogError`.
    package func rehash(
        _ id: UserID, from old: String, to new: String, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        plan.add(
            "UPDATE users SET password = ?3, revision = revision + 1 WHERE id = ?1 AND password = ?2",
            [.user(id), .text(old), .text(new)])
        return try await store.write(plan, at: now)[0].affected == 1
    }
}

extension UserRows.Change {
    /// Which fields, not what is in them.
    fileprivate var facts: [String: String] {
        var facts: [String: String] = [:]
        if email != nil { facts["email"] = "changed" }
        if let password { facts["password"] = password == nil ? "removed" : "changed" }
        if let state { facts["state"] = state.rawValue }
        if endsSessions { facts["sessions"] = "ended" }
        return facts
    }
}

extension UserRow {
    fileprivate func applying(_ change: UserRows.Change, at now: WallTime) -> UserRow {
        var row = self
        if let email = change.email { row.email = email }
        if let password = change.password {
            row.password = password
            row.passwordChanged = now
        }
        if let state = change.state { row.state = state }
        row.changed = now
        return row
    }
}
