package import Access
package import Accounts
package import Catalog
import Contract
package import Seams
import Vocabulary

/// What operators do with users, whichever node is asked. This node forgets what it knew of a user before the answer goes out.
package struct UserService: Sendable {
    let rows: UserRows
    let memberships: MembershipRows
    let sessions: SessionRows
    let signUps: SignUpRows
    let tenants: TenantRows
    let passwords: Passwords
    let cache: SessionCache
    let time: any TimeSource

    package init(store: CatalogStore, passwords: Passwords, cache: SessionCache, time: any TimeSource) {
        rows = UserRows(store)
        memberships = MembershipRows(store)
        sessions = SessionRows(store)
        signUps = SignUpRows(store)
        tenants = TenantRows(store)
        self.passwords = passwords
        self.cache = cache
        self.time = time
    }

    /// Whatever comes of it: also where the outcome is not known, it may have been done.
    func changing<Result>(_ user: UserID, _ body: () async throws -> Result) async throws -> Result {
        defer { cache.invalidate(user) }
        return try await body()
    }

    func find(_ id: UserID) async throws -> UserRow {
        guard let row = try await rows.find(id) else { throw UserText.noUser }
        return row
    }

    func object(_ row: UserRow) async throws -> UserObject {
        UserObject(row, try await memberships.list(of: row.id))
    }

    /// - Throws: `APIError` tenant_not_found.
    func tenant(_ key: TenantKey) async throws -> TenantRow {
        guard let row = try await tenants.find(key) else { throw APIError.tenantNotFound(key.string) }
        guard row.state != .deleted, row.state != .purging else {
            throw APIError(.tenantDeleted, "the tenant is deleted; undelete it before it gets members")
        }
        return row
    }

    // MARK: Create, change, delete

    func create(_ body: UserBody, isRehearsal: Bool) async throws -> UserRow? {
        let email = try UserText.email(body.email)
        let role = try UserText.role(body.role ?? MemberRole.rw.rawValue)
        guard body.tenant != nil || body.role == nil else {
            throw APIError.badRequest("a role is one in a tenant: name it too")
        }
        var member: (tenant: TenantID, role: MemberRole)?
        if let key = body.tenant { member = (try await tenant(try TenantController.key(key)).id, role) }
        let hash = try await hash(body.password)
        if isRehearsal {
            if let refusal = try await rows.rehearseCreate(email.forCatalog) { throw refused(refusal) }
            return nil
        }
        let outcome = try await rows.create(email.forCatalog, password: hash, member: member, at: time.wall())
        guard case .created(let row) = outcome else { throw refused(outcome) }
        return row
    }

    private func hash(_ password: String?) async throws(AccountsError) -> String? {
        guard let password else { return nil }
        return try await passwords.hash(password)
    }

    private func refused(_ outcome: UserRows.CreateOutcome) -> APIError {
        switch outcome {
        case .created, .emailTaken: .emailTaken
        case .emailPending(let until): .emailPending(until, at: time.wall())
        case .noTenant: APIError.tenantNotFound("")
        }
    }

    func change(_ id: UserID, _ body: UserPatchBody, isRehearsal: Bool) async throws -> UserRow {
        var change = UserRows.Change()
        change.email = try body.email.map { try UserText.email($0).forCatalog }
        change.state = try body.state.map { try UserText.state($0) }
        change.endsSessions = body.endSessions ?? (body.password != nil)
        if isRehearsal { return try await rehearse(id, change) }
        if let password = body.password { change.password = .some(try await hash(password)) }
        guard change != UserRows.Change() else { return try await find(id) }
        let ready = change
        switch try await changing(id, { try await rows.change(id, ready, at: time.wall()) }) {
        case .changed(let row): return row
        case .notFound: throw UserText.noUser
        case .emailTaken: throw APIError.emailTaken
        case .emailPending(let until): throw APIError.emailPending(until, at: time.wall())
        }
    }

    private func rehearse(_ id: UserID, _ change: UserRows.Change) async throws -> UserRow {
        var row = try await find(id)
        if let email = change.email {
            if email.normal != row.email.normal, let refusal = try await rows.rehearseCreate(email) {
                throw refused(refusal)
            }
            row.email = email
        }
        row.state = change.state ?? row.state
        return row
    }

    func delete(_ id: UserID) async throws {
        guard try await changing(id, { try await rows.delete(id, at: time.wall()) }) else { throw UserText.noUser }
    }

    // MARK: Memberships

    func put(_ id: UserID, _ key: TenantKey, _ role: MemberRole, isRehearsal: Bool) async throws {
        let tenant = try await tenant(key)
        if isRehearsal {
            _ = try await find(id)
            return
        }
        switch try await changing(id, { try await memberships.put(id, tenant.id, role, at: time.wall()) }) {
        case .put: return
        case .noUser: throw UserText.noUser
        case .noTenant: throw APIError.tenantNotFound(key.string)
        case .tooMany:
            throw APIError(
                .tooManyMemberships, "a user is a member of at most \(MembershipRows.maximum) tenants")
        }
    }

    func remove(_ id: UserID, _ key: TenantKey) async throws {
        // A deleted tenant's members may go too.
        guard let row = try await tenants.find(key) else { throw APIError.tenantNotFound(key.string) }
        guard try await changing(id, { try await memberships.remove(id, row.id, at: time.wall()) }) else {
            throw APIError.notFound("the user is no member of that tenant")
        }
    }

    // MARK: Sessions

    func revoke(_ session: UInt64) async throws {
        guard let row = try await sessions.find(session) else { throw UserText.noSession }
        _ = try await changing(row.user) { try await sessions.revoke(session, at: time.wall()) }
    }

    func revokeAll(of id: UserID) async throws -> Int {
        guard let ended = try await changing(id, { try await sessions.revokeAll(of: id, at: time.wall()) }) else {
            throw UserText.noUser
        }
        return ended
    }
}

extension APIError {
    static let emailTaken = APIError(.emailTaken, "a user has this email already")

    static func emailPending(_ until: WallTime, at now: WallTime) -> APIError {
        let seconds = max(1, (until.milliseconds - now.milliseconds + 999) / 1000)
        return APIError(
            .emailPending, "a sign-up with this email is under way; if it comes to nothing the email is free again",
            retryAfter: Int(min(seconds, 30)))
    }
}
