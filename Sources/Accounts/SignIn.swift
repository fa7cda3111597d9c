package import Access
package import Catalog
package import Seams
package import Vocabulary

/// Begins sessions: by password, or for a user that somebody who may has named.
package struct SignIn: Sendable {
    /// How long sessions live.
    package struct Lifetimes: Sendable {
        /// Milliseconds beyond which none lives.
        package var longest: Int64
        /// Milliseconds after which an unused one ends; nil: it does not.
        package var idle: Int64?

        package init(longest: Int64, idle: Int64?) {
            self.longest = longest
            self.idle = idle
        }
    }

    /// What a session is asked for.
    package struct Terms: Sendable {
        package var tenant: TenantKey?
        package var role: MemberRole?
        package var device = ""
        /// Milliseconds; nil: as is usual here. Never longer than that.
        package var lifetime: Int64?
        /// Whether use puts its end off, where it does so here at all.
        package var isSliding = true
        /// Where the caller is.
        package var origin = ""

        package init() {}
    }

    /// A session just begun, with its token, which is shown once.
    package struct Begun: Sendable {
        package let session: SessionRow
        package let token: String
    }

    let users: UserRows
    let sessions: SessionRows
    let tenants: TenantRows
    let passwords: Passwords
    let throttle: AuthThrottle
    let lifetimes: Lifetimes
    /// For the audit log: who was refused.
    let notes: AccessNotes
    let time: any TimeSource
    let random: any RandomSource

    /// - Parameter throttle: its own: failures to sign in are no guesses at tokens.
    package init(
        store: CatalogStore, passwords: Passwords, throttle: AuthThrottle, lifetimes: Lifetimes, notes: AccessNotes,
        time: any TimeSource, random: any RandomSource
    ) {
        users = UserRows(store)
        sessions = SessionRows(store)
        tenants = TenantRows(store)
        self.passwords = passwords
        self.throttle = throttle
        self.lifetimes = lifetimes
        self.notes = notes
        self.time = time
        self.random = random
    }

    /// By email and password. An email that nobody has costs the same time and gets the same answer as a wrong password.
    ///
    /// - Parameter limitsAddress: whether failures count against where it comes from, besides the email.
    /// - Throws: `AccountsError`, `CatalogError`.
    package func begin(
        email: String, password: String, _ terms: Terms, limitsAddress: Bool
    ) async throws -> Begun {
        do {
            return try await attempt(email: email, password: password, terms, limitsAddress)
        } catch AccountsError.credentialsInvalid {
            notes.add(AccessNote(.refused(code: "credentials_invalid"), from: terms.origin))
            throw AccountsError.credentialsInvalid
        } catch AccountsError.rateLimited(let seconds) {
            notes.add(AccessNote(.refused(code: "rate_limited"), from: terms.origin))
            throw AccountsError.rateLimited(retryAfterSeconds: seconds)
        }
    }

    private func attempt(
        email: String, password: String, _ terms: Terms, _ limitsAddress: Bool
    ) async throws -> Begun {
        let address = try? EmailAddress(email)
        // Whatever is no email is one subject: as text it has no bound.
        let name = address?.normal ?? ""
        let account = throttle.subject(of: name, from: terms.origin)
        let origin = limitsAddress ? AuthThrottle.Subject.address(text: terms.origin) : nil
        if let origin { try limited { () throws(AccessError) in try throttle.check(origin) } }
        try limited { () throws(AccessError) in try throttle.take(account) }
        do {
            let user = try await verified(address, password)
            let begun = try await begin(user, terms, verified: user.password)
            throttle.giveBack(account)
            throttle.gotIn(name, from: terms.origin)
            return begun
        } catch AccountsError.credentialsInvalid {
            if let origin { throttle.failed(origin) }
            throw AccountsError.credentialsInvalid
        } catch {
            throttle.giveBack(account)
            throw error
        }
    }

    private func limited(_ body: () throws(AccessError) -> Void) throws(AccountsError) {
        do throws(AccessError) {
            try body()
        } catch {
            guard case .rateLimited(let seconds) = error else { throw .credentialsInvalid }
            throw .rateLimited(retryAfterSeconds: seconds)
        }
    }

    private func verified(_ address: EmailAddress?, _ password: String) async throws -> UserRow {
        // Looked up in any case, so that what is no email takes as long.
        let found = try await users.find(normal: address?.normal ?? "")
        let verdict = try await passwords.verify(password, against: found?.password)
        guard var user = found, verdict != .wrong, user.state == .active else { throw AccountsError.credentialsInvalid }
        if case .outdated(let text) = verdict, let old = user.password {
            guard try await users.rehash(user.id, from: old, to: text, at: time.wall()) else {
                return try await verifiedAgain(user.id, password)
            }
            user.password = text
        }
        return user
    }

    /// Somebody else has stored another hash meanwhile: of the same password, as this one would have, or of a new one.
    private func verifiedAgain(_ id: UserID, _ password: String) async throws -> UserRow {
        guard let user = try await users.find(id), user.state == .active,
            try await passwords.verify(password, against: user.password) != .wrong
        else { throw AccountsError.credentialsInvalid }
        return user
    }

    /// For a user whom the caller may speak for.
    ///
    /// - Parameter password: the hash that was verified; nil where nobody asked for one.
    /// - Returns: nil if there is no such user, or it may have no sessions.
    /// - Throws: `AccountsError`, `CatalogError`.
    package func begin(_ user: UserID, _ terms: Terms, verified password: String? = nil) async throws -> Begun? {
        var tenant: TenantID?
        if let key = terms.tenant {
            guard let row = try await tenants.find(key) else { throw AccountsError.notMember }
            tenant = row.id
        }
        let (token, new) = session(terms, tenant)
        switch try await sessions.create(new, of: user, verified: password, at: time.wall()) {
        case .created(let session): return Begun(session: session, token: token)
        case .noUser: return nil
        case .notMember: throw AccountsError.notMember
        }
    }

    private func begin(_ user: UserRow, _ terms: Terms, verified password: String?) async throws -> Begun {
        guard let begun = try await begin(user.id, terms, verified: password) else {
            throw AccountsError.credentialsInvalid
        }
        return begun
    }

    /// Whether it is the password of whoever has that hash, none for none; failures count against the account.
    ///
    /// - Throws: `AccountsError`.
    package func isRight(
        _ password: String?, against stored: String?, of account: String
    ) async throws(AccountsError) -> Bool {
        guard let password, stored != nil else { return password == nil && stored == nil }
        let subject = AuthThrottle.Subject.account(account)
        try limited { () throws(AccessError) in try throttle.take(subject) }
        do throws(AccountsError) {
            if try await passwords.verify(password, against: stored) == .wrong { return false }
        } catch {
            throttle.giveBack(subject)
            throw error
        }
        throttle.giveBack(subject)
        return true
    }

    /// A token, and what is stored of it.
    package func session(_ terms: Terms, _ tenant: TenantID?) -> (token: String, new: NewSession) {
        let (token, digest) = SessionToken.make(random: random)
        let new = NewSession(
            digest: digest, tenant: tenant, role: terms.role, device: terms.device, origin: terms.origin,
            idle: terms.isSliding ? lifetimes.idle : nil,
            lifetime: min(terms.lifetime ?? lifetimes.longest, lifetimes.longest))
        return (token, new)
    }
}
