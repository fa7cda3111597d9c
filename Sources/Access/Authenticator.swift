import Seams

/// Finds out who a request comes from. Any thread may ask; it never waits.
package final class Authenticator: Sendable {
    /// False on a server for its own machine only, where requests without a token are let in.
    package let credentialsConfigured: Bool
    private let admins: Current<AdminTokens>
    private let verifier: TokenVerifier
    private let throttle: AuthThrottle
    /// What is to be written down of who came; nil: nothing.
    private let notes: AccessNotes?
    private let sessions: Sessions?

    /// Users' sessions: what is remembered of them, and where the others are read.
    package struct Sessions: Sendable {
        let cache: SessionCache
        let source: any SessionSource

        package init(cache: SessionCache, source: any SessionSource) {
            self.cache = cache
            self.source = source
        }
    }

    package convenience init(
        admins: AdminTokens, verifier: TokenVerifier, throttle: AuthThrottle, credentialsConfigured: Bool? = nil,
        notes: AccessNotes? = nil, sessions: Sessions? = nil
    ) {
        self.init(
            admins: Current(admins), verifier: verifier, throttle: throttle,
            credentialsConfigured: credentialsConfigured, notes: notes, sessions: sessions)
    }

    /// - Parameters:
    ///   - admins: may be replaced later; that there are some, or none, may not change.
    ///   - sessions: nil where no session is let in.
    package init(
        admins: Current<AdminTokens>, verifier: TokenVerifier, throttle: AuthThrottle,
        credentialsConfigured: Bool? = nil,
        notes: AccessNotes? = nil, sessions: Sessions? = nil
    ) {
        self.notes = notes
        self.sessions = sessions
        self.admins = admins
        self.verifier = verifier
        self.throttle = throttle
        self.credentialsConfigured = credentialsConfigured ?? !admins.value.isEmpty
    }

    /// - Parameters:
    ///   - authorization: the header's value.
    ///   - address: where the request comes from, for slowing down guesses.
    /// - Throws: `tokenMissing`, `tokenInvalid`, `tokenExpired`, `rateLimited`; `sessionUnread` for a session that `readSession`
    ///   must read.
    package func authenticate(authorization: String?, from address: String) throws(AccessError) -> Credential {
        do throws(AccessError) {
            let credential = try authenticate(authorization, guessing: .address(text: address))
            note(credential.grant, from: address)
            return credential
        } catch {
            // Having none is no guess, nor having one that must be read first.
            if error != .tokenMissing, error != .sessionUnread {
                notes?.add(AccessNote(.refused(code: error.code), from: address))
            }
            throw error
        }
    }

    private func note(_ grant: TenantGrant?, from address: String) {
        guard let notes, let grant, let supporter = grant.supporter, case .one(let tenant, _) = grant.tenants else {
            return
        }
        let token = grant.tokenID ?? ""
        notes.add(AccessNote(.support(token: token, supporter: supporter, tenant: tenant), from: address))
    }

    /// For what a client has shown before on the same connection, and was let in with: that it has expired or was revoked
    /// since is no guess, and is not counted as one.
    package func authenticateAgain(authorization: String?) throws(AccessError) -> Credential {
        try authenticate(authorization, guessing: nil)
    }

    /// - Parameter subject: whose guess it may be.
    private func authenticate(
        _ authorization: String?, guessing subject: AuthThrottle.Subject?
    ) throws(AccessError) -> Credential {
        guard credentialsConfigured else { return try authenticateLocally(authorization) }
        guard let authorization else { throw .tokenMissing }
        let token = try Self.bearer(authorization)
        if SessionToken.looksLikeOne(token) { return try remembered(token, guessing: subject) }
        // What was verified before is let in without counting: others behind the same address cannot lock it out.
        if let grant = try known(token) { return Credential(grant: grant) }
        // Nor by guesses at operators' tokens, which cost next to nothing to compare.
        if let admin = admins.value.principal(for: token) { return Credential(principal: admin) }
        guard let subject else { return try judge(token) }
        try throttle.check(subject)
        do throws(AccessError) {
            return try judge(token)
        } catch {
            throttle.failed(subject)
            throw error
        }
    }

    private func remembered(
        _ token: Substring, guessing subject: AuthThrottle.Subject?
    ) throws(AccessError) -> Credential {
        guard let sessions else { throw .tokenInvalid }
        switch try sessions.cache.look(token) {
        case .good(let grant): return Credential(session: grant)
        // What was a session once is no guess, nor is it one more to repeat a guess: whoever goes on with a session that was
        // ended does not keep out others behind the same address.
        case .refused(let error): throw error
        case .stale: throw .sessionUnread
        case .strange:
            if let subject { try throttle.check(subject) }
            throw .sessionUnread
        }
    }

    /// Nanoseconds of the catalog's silence beyond which no session is let in.
    package var sessionPatience: UInt64 { sessions?.cache.patience ?? 0 }

    /// Reads a session that `authenticate` found unread, and remembers it. Waits for the catalog.
    ///
    /// - Parameter address: nil for what the same connection was let in with before.
    /// - Throws: `tokenInvalid`, `tokenExpired`, `catalogUnavailable`.
    package func readSession(
        authorization: String?, from address: String?
    ) async throws(AccessError) -> Credential {
        guard let sessions, let authorization else { throw .tokenMissing }
        do throws(AccessError) {
            if let grant = try await sessions.cache.read(try Self.bearer(authorization), from: sessions.source) {
                return Credential(session: grant)
            }
            // A token that was never a session's.
            if let address { throttle.failed(.address(text: address)) }
            throw .tokenInvalid
        } catch {
            if let address, error != .catalogUnavailable {
                notes?.add(AccessNote(.refused(code: error.code), from: address))
            }
            throw error
        }
    }

    /// For tokens that come otherwise than in a header, such as in a WebSocket's hello.
    ///
    /// - Parameter token: nil if none was sent.
    /// - Throws: as the other.
    package func authenticate(token: String?, from address: String) throws(AccessError) -> Credential {
        try authenticate(authorization: token.map { "Bearer " + $0 }, from: address)
    }

    /// Without credentials everybody here may do everything, and clients send made-up tokens to such a server. One of our
    /// own is honoured all the same: who tries a read-only token out sees it work.
    private func authenticateLocally(_ authorization: String?) throws(AccessError) -> Credential {
        if let authorization, let token = try? Self.bearer(authorization), SessionToken.looksLikeOne(token) {
            return try remembered(token, guessing: nil)
        }
        guard let authorization, verifier.keys.canVerify else { return .anonymousLocal }
        do throws(AccessError) {
            return Credential(grant: try verifier.verify(try Self.bearer(authorization)))
        } catch .tokenExpired {
            throw .tokenExpired
        } catch {
            return .anonymousLocal
        }
    }

    private func known(_ token: Substring) throws(AccessError) -> TenantGrant? {
        guard token.utf8.count <= TokenRules.maximumBytes else { throw .tokenInvalid }
        return try verifier.known(token)
    }

    private func judge(_ token: Substring) throws(AccessError) -> Credential {
        guard !AdminTokens.looksLikeOne(token) else { throw .tokenInvalid }
        return Credential(grant: try verifier.verify(token))
    }

    /// The token of `Bearer <token>` (RFC 6750); the scheme's case does not matter.
    ///
    /// - Throws: `tokenMissing` if nothing follows the scheme, `tokenInvalid` for another scheme.
    static func bearer(_ header: String) throws(AccessError) -> Substring {
        let scheme = "bearer"
        let bytes = header.utf8
        guard bytes.count >= scheme.utf8.count,
            zip(bytes, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 })
        else { throw .tokenInvalid }
        let rest = header.utf8.dropFirst(scheme.utf8.count)
        guard let first = rest.first else { throw .tokenMissing }
        guard first == UInt8(ascii: " ") else { throw .tokenInvalid }
        let token = Substring(rest.drop { $0 == UInt8(ascii: " ") })
        guard !token.isEmpty else { throw .tokenMissing }
        return token
    }
}
