package import Access
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
    let throttle: AuthThrottle

    package init(
        rows: SignUpRows, users: UserService, tenants: TenantService, signIn: SignIn, throttle: AuthThrottle
    ) {
        self.rows = rows
        self.users = users
        self.tenants = tenants
        self.signIn = signIn
        self.throttle = throttle
    }

    /// Attempts at what others changed meanwhile.
    private static let attempts = 4

    func run(_ wanted: Wanted) async throws -> Done {
        if wanted.limitsAddress {
            let subject = AuthThrottle.Subject.address(text: wanted.origin)
            try throttle.check(subject)
            throttle.failed(subject)
        }
        let schema = try tenants.schema(of: wanted.key, named: wanted.schema)
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
        let owner = try await tenants.owner(of: new.tenant.key)
        switch try await rows.reserve(new, on: owner, at: users.time.wall()) {
        case .reserved(let row, let tenant): return try await finish(row, tenant, wanted)
        case .again(let row, let tenant): return try await again(row, tenant, wanted)
        case .otherRequest:
            throw APIError(.idempotencyMismatch, "this Idempotency-Key was used for another sign-up; use a new one")
        case .emailTaken: throw APIError.emailTaken
        case .emailPending(_, let until):
            // Nobody has to wait for the sweeper.
            if users.time.wall() > until, try await sweep(of: new.email.normal) { return nil }
            throw APIError.emailPending(until, at: users.time.wall())
        case .noTenant(let outcome):
            if case .exists(let row) = outcome, row.state == .creating, try await sweep(tenant: row.id) { return nil }
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
                guard try await takeBack(row, made) else { return nil }
                throw APIError(.versionConflict, "somebody changed the tenant at the same time; nothing was done")
            }
        } catch {
            // Also where the outcome is not known: whatever is taken back here can no longer be confirmed.
            _ = try? await takeBack(row, made)
            throw error
        }
    }

    private func terms(_ wanted: Wanted) -> SignIn.Terms {
        var terms = SignIn.Terms()
        terms.device = wanted.device
        terms.origin = wanted.origin
        return terms
    }

    /// - Returns: false if it is not open any more.
    private func takeBack(_ row: SignUpRow, _ tenant: TenantRow) async throws -> Bool {
        guard try await rows.undo(row, ifOverdue: false, at: users.time.wall()) else { return false }
        await tenants.discard(tenant)
        return true
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
            guard let begun = try await signIn.begin(user.id, terms(wanted)) else {
                throw APIError(.forbidden, "the user is disabled")
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

    private func sweep(of normal: String) async throws -> Bool {
        try await sweep { $0.normal.utf8.elementsEqual(normal.utf8) }
    }

    private func sweep(tenant: TenantID) async throws -> Bool { try await sweep { $0.tenant == tenant } }

    /// Takes back what nobody has confirmed in time.
    ///
    /// - Returns: whether anything was taken back.
    @discardableResult
    package func sweep(_ matches: (SignUpRow) -> Bool = { _ in true }) async throws -> Bool {
        let now = users.time.wall()
        var swept = false
        for row in try await rows.overdue(at: now) where matches(row) {
            let tenant = try await tenants.rows.find(row.tenant)
            guard try await rows.undo(row, ifOverdue: true, at: now) else { continue }
            swept = true
            if let tenant { await tenants.discard(tenant) }
        }
        return swept
    }
}
