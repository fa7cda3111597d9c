package import Vocabulary

extension UserRows {
    package enum CreateOutcome: Equatable, Sendable {
        case created(UserRow)
        /// A user has this email.
        case emailTaken
        /// A sign-up under way has it.
        case emailPending(until: WallTime)
        /// There is no such tenant to be a member of, or it is deleted.
        case noTenant
    }

    /// Makes a user, with its email's claim and its first membership, in one transaction. Of any number of creators of one
    /// email exactly one gets `created`.
    ///
    /// - Throws: `CatalogError`.
    package func create(
        _ email: CatalogEmail, password: String? = nil, member: (tenant: TenantID, role: MemberRole)? = nil,
        at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome {
        // A conflict means that another creator came between our look and our insert; another look settles it.
        for _ in 0..<4 {
            do {
                return try await tryCreate(email, password, member, at: now)
            } catch .conflict {
                continue
            }
        }
        throw .unavailable("too many users are made with one email at once")
    }

    private func tryCreate(
        _ email: CatalogEmail, _ password: String?, _ member: (tenant: TenantID, role: MemberRole)?, at now: WallTime
    ) async throws(CatalogError) -> CreateOutcome {
        let id = UserID(store.freshID())
        var plan = CatalogPlan()
        let free = EmailClaim.guardFree(email, in: &plan)
        let known = member.map { MembershipRows.guardTenant($0.tenant, in: &plan) }
        EmailClaim.insert(email, of: id, token: store.freshToken(), at: now, in: &plan)
        Self.insert(id, email, password, at: now, in: &plan)
        if let member { MembershipRows.insert(id, member.tenant, member.role, at: now, in: &plan) }
        plan.note("user.create", id.description, tenant: member?.tenant)
        let made = plan.add("\(UserRow.select) WHERE u.id = ?1", [.user(id)], expect: .rows(1))
        do {
            return .created(try UserRow(try await store.write(plan, at: now)[made].rows[0]))
        } catch .guardFailed(free, let results) {
            return try Self.taken(results[free])
        } catch .guardFailed(let index, _) where index == known {
            return .noTenant
        }
    }

    private static func taken(_ result: CatalogRows) throws(CatalogError) -> CreateOutcome {
        switch try EmailClaim.holder(result) {
        case .user: .emailTaken
        case .signUp(_, let until): .emailPending(until: until)
        }
    }

    /// Looks whether `create` would be refused now, and changes nothing.
    ///
    /// - Returns: nil if it would not.
    /// - Throws: `CatalogError`.
    package func rehearseCreate(_ email: CatalogEmail) async throws(CatalogError) -> CreateOutcome? {
        var plan = CatalogPlan()
        let free = EmailClaim.guardFree(email, in: &plan)
        do {
            _ = try await store.read(plan)
            return nil
        } catch .guardFailed(free, let results) {
            return try Self.taken(results[free])
        }
    }

    static func insert(
        _ id: UserID, _ email: CatalogEmail, _ password: String?, at now: WallTime, in plan: inout CatalogPlan
    ) {
        plan.add(
            """
            INSERT INTO users (id, email, normal, rule, password, password_changed, state, created, changed, revision)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'active', ?7, ?7, 1)
            """,
            [
                .user(id), .text(email.given), .text(email.normal), .integer(Int64(email.rule)),
                .textOrNull(password), .timeOrNull(password == nil ? nil : now), .time(now),
            ])
    }
}
