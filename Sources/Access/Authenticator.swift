import Seams

/// Finds out who a request comes from. Any thread may ask; it never waits.
package final class Authenticator: Sendable {
    /// False on a server for its own machine only, where requests without a token are let in.
    package let credentialsConfigured: Bool
    private let admins: AdminTokens
    private let verifier: TokenVerifier
    private let throttle: AuthThrottle
    /// What is to be written down of who came; nil: nothing.
    private let notes: AccessNotes?

    package init(
        admins: AdminTokens, verifier: TokenVerifier, throttle: AuthThrottle, credentialsConfigured: Bool? = nil,
        notes: AccessNotes? = nil
    ) {
        self.notes = notes
        self.admins = admins
        self.verifier = verifier
        self.throttle = throttle
        self.credentialsConfigured = credentialsConfigured ?? !admins.isEmpty
    }

    /// - Parameters:
    ///   - authorization: the header's value.
    ///   - address: where the request comes from, for slowing down guesses.
    /// - Throws: `tokenMissing`, `tokenInvalid`, `tokenExpired`, `rateLimited`.
    package func authenticate(authorization: String?, from address: String) throws(AccessError) -> Credential {
        do throws(AccessError) {
            let credential = try authenticate(authorization, guessing: .address(text: address))
            note(credential.grant, from: address)
            return credential
        } catch {
            // Having none is no guess.
            if error != .tokenMissing { notes?.add(AccessNote(.refused(code: error.code), from: address)) }
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
        // What was verified before is let in without counting: others behind the same address cannot lock it out.
        if let grant = try known(token) { return Credential(grant: grant) }
        // Nor by guesses at operators' tokens, which cost next to nothing to compare.
        if let admin = admins.principal(for: token) { return Credential(principal: admin) }
        guard let subject else { return try judge(token) }
        try throttle.check(subject)
        do throws(AccessError) {
            return try judge(token)
        } catch {
            throttle.failed(subject)
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
