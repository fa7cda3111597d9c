import Access
package import Accounts
package import Catalog
import Contract
import Residents
import Seams
import Vocabulary

/// Signs users up: reserves, has the tenant's file made, confirms. The catalog decides; what dies in between is taken back by the
/// sweeper, or finished by the same call under the same key.
package struct SignUpService: Sendable {
    /// What somebody asks for.
    struct Wanted: Sendable {
        let email: EmailAddress
        let password: String?
        let key: TenantKey
        let schema: String?
        let device: String
        let origin: String
        let limitsAddress: Bool
        /// Nobody vouches for it.
        let isAnonymous: Bool
        let repeatKey: String?
        /// Under whose name the key counts.
        let caller: String
    }

    struct Done: Sendable {
        let user: UserObject
        let tenant: TenantRow
        let session: SessionRow
        let token: String
    }

    let rows: SignUpRows
    let users: UserService
    let tenants: TenantService
    let signIn: SignIn
    /// For sign-ups that nobody vouches for.
    let open: OpenSignUp

    package init(
        rows: SignUpRows, users: UserService, tenants: TenantService, signIn: SignIn, open: OpenSignUp
    ) {
        self.rows = rows
        self.users = users
        self.tenants = tenants
        self.signIn = signIn
        self.open = open
    }

    /// Attempts at what others changed meanwhile.
    private static let attempts = 4

    func run(_ wanted: Wanted) async throws -> Done {
        let schema = try tenants.schema(of: wanted.key, named: wanted.schema)
        if wanted.isAnonymous { try open.check(wanted, schema) }
        if wanted.limitsAddress { try open.count(wanted.origin) }
        // Before anybody looks whether the email is taken: the answer takes as long either way.
        var hash: String?
        if let password = wanted.password { hash = try await users.passwords.hash(password) }
        let new = NewSignUp(
            email: wanted.email.forCatalog, password: hash, tenant: NewTenant(key: wanted.key, schema: schema),
            repeatKey: wanted.repeatKey.map { SignUpDigests.key($0, of: wanted.caller) },
            request: SignUpDigests.request([wanted.email.normal, wanted.key.string, schema, wanted.device]))
        for _ in 0..<Self.attempts {
            if let done = try await attempt(new, wanted) { return done }
        }
        throw APIError(.busy, "too much is changing about this sign-up at once; try again", retryAfter: 1)
    }

    /// - Returns: nil where another look is needed.
    private func attempt(_ new: NewSignUp, _ wanted: Wanted) async throws -> Done? {
        let owner = try await tenants.owner(of: new.tenant)
        switch try await rows.reserve(new, on: owner, at: users.time.wall()) {
        case .reserved(let row, let tenant): return try await finish(row, tenant, wanted)
        case .again(let row, let tenant): return try await again(row, tenant, wanted)
        case .otherRequest:
            throw APIError(.idempotencyMismatch, "this Idempotency-Key was used for another sign-up; use a new one")
        case .emailTaken: throw APIError.emailTaken
        case .emailPending(let token, let until):
            // Nobody has to wait for the sweeper.
            if users.time.wall() > until, try await sweep(.claim(token: token)) { return nil }
            throw APIError.emailPending(until, at: users.time.wall())
        case .noTenant(let outcome):
            if case .exists(let row) = outcome, row.state == .creating, try await sweep(.tenant(row.id)) { return nil }
            throw tenants.refusal(outcome, of: new.tenant.key)
        }
    }

    // MARK: To the end

    private func finish(_ row: SignUpRow, _ tenant: TenantRow, _ wanted: Wanted) async throws -> Done? {
        var made = tenant
        do {
            try await tenants.prepare(&made)
            let (token, session) = signIn.session(terms(wanted), nil)
            let outcome = try await rows.confirm(
                row, made, email: wanted.email.forCatalog, session: session, at: users.time.wall())
            switch outcome {
            case .confirmed(let user, let tenant, let session):
                tenants.forget(tenant)
                let member = UserObject.Member(tenant: tenant.key.string, role: MemberRole.admin.rawValue)
                return Done(user: UserObject(user, [member]), tenant: tenant, session: session, token: token)
            case .notOpen:
                // The same caller's other request was faster, or it took too long: another look says which. In the latter case
                // the file is nobody's.
                await tenants.discard(made)
                return nil
            case .tenantChanged:
                guard try await rows.undo(row, ifOverdue: false, at: users.time.wall()) else { return nil }
                await tenants.discard(made)
                throw APIError(.versionConflict, "somebody changed the tenant at the same time; nothing was done")
            }
        } catch {
            // Also where the outcome is not known: whatever is taken back here can no longer be confirmed.
            _ = try? await rows.undo(row, ifOverdue: false, at: users.time.wall())
            // Also where somebody else has taken it back; what has a row stays. The owner sees to what cannot be reached now.
            await tenants.discard(made)
            // Its row went while its file was being made: another look begins anew.
            if isGone(error) { return nil }
            throw error
        }
    }

    private func isGone(_ error: any Error) -> Bool {
        switch error {
        case ResidentsError.notFound, PeerFailure.refused(_, "tenant_not_found", _): true
        default: false
        }
    }

    private func terms(_ wanted: Wanted) -> SignIn.Terms {
        var terms = SignIn.Terms()
        terms.device = wanted.device
        terms.origin = wanted.origin
        return terms
    }

    // MARK: Once more

    private func again(_ row: SignUpRow, _ tenant: TenantRow?, _ wanted: Wanted) async throws -> Done? {
        switch row.state {
        case .open:
            try await check(wanted, against: row.password)
            guard try await rows.extend(row, at: users.time.wall()) else { return nil }
            guard let tenant else {
                // An operator has removed it meanwhile.
                _ = try await rows.undo(row, ifOverdue: false, at: users.time.wall())
                return nil
            }
            return try await finish(row, tenant, wanted)
        case .done:
            guard let user = try await users.rows.find(row.user) else { return nil }
            try await check(wanted, against: user.password)
            guard let tenant else { throw APIError.tenantNotFound(wanted.key.string) }
            // With the very password that was checked: another one may have been set since, which ends sessions.
            guard let begun = try await signIn.begin(user.id, terms(wanted), verified: user.password) else {
                throw APIError(.forbidden, "the user is disabled, or its password was changed just now")
            }
            return Done(
                user: try await users.object(user), tenant: tenant, session: begun.session, token: begun.token)
        }
    }

    /// The key alone does not open an account that has a password.
    private func check(_ wanted: Wanted, against stored: String?) async throws {
        guard try await signIn.isRight(wanted.password, against: stored, of: wanted.email.normal) else {
            throw APIError(
                .idempotencyMismatch, "this Idempotency-Key was used with another password; use a new one")
        }
    }

    // MARK: What others left

    /// Takes back what nobody has confirmed in time.
    ///
    /// - Returns: whether anything was taken back.
    @discardableResult
    package func sweep(_ which: SignUpRows.Which = .all) async throws -> Bool {
        let now = users.time.wall()
        var swept = false
        for row in try await rows.overdue(which, at: now) {
            let tenant = try await tenants.rows.find(row.tenant)
            guard try await rows.undo(row, ifOverdue: true, at: now) else { continue }
            swept = true
            if let tenant { await tenants.discard(tenant) }
        }
        return swept
    }
}
