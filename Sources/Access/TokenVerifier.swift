package import Seams
import Synchronization
import Vocabulary

/// The node's judge of tenant tokens: keys, revocations, and a memory of what was verified. Any thread may ask it.
package final class TokenVerifier: Sendable {
    /// Tokens remembered: some 400 bytes each.
    package static let defaultCapacity = 20_000

    private struct Rules {
        var keys: SigningKeys
        var revoked: Set<String>
        /// Raised by every change.
        var version: UInt64 = 0
    }

    private let rules: Mutex<Rules>
    private let cache: VerifiedTokenCache
    private let time: any TimeSource

    package init(
        keys: SigningKeys, revoked: Set<String> = [], capacity: Int = defaultCapacity, time: any TimeSource
    ) {
        rules = Mutex(Rules(keys: keys, revoked: revoked))
        cache = VerifiedTokenCache(capacity: capacity)
        self.time = time
    }

    package var keys: SigningKeys { rules.withLock { $0.keys } }

    /// What a token was found to grant before; under 1 µs.
    ///
    /// - Returns: nil if it has to be verified.
    /// - Throws: `tokenExpired`.
    func known(_ token: Substring) throws(AccessError) -> TenantGrant? {
        try cache.grant(for: TokenDigest(token), now: time.wall())
    }

    /// - Throws: `tokenInvalid`, `tokenExpired`.
    package func verify(_ token: Substring) throws(AccessError) -> TenantGrant {
        guard token.utf8.count <= TokenRules.maximumBytes else { throw .tokenInvalid }
        let digest = TokenDigest(token)
        let now = time.wall()
        if let grant = try cache.grant(for: digest, now: now) { return grant }
        // The generation first: a change of the rules after it leaves what follows unkept.
        let generation = cache.generation
        let rules = rules.withLock { $0 }
        let grant = try TenantTokens.verify(token, keys: rules.keys, now: now)
        if let id = grant.tokenID, rules.revoked.contains(id) { throw .tokenInvalid }
        cache.keep(grant, for: digest, generation: generation)
        return grant
    }

    /// From the return on, no token is let in by keys or ids that are not in `keys`, or are in `revoked`.
    ///
    /// Called every second or so, nearly always with what is known already: then nothing that was verified is forgotten.
    package func replace(keys: SigningKeys, revoked: Set<String>) {
        _ = replace(keys: keys, revoked: revoked, since: nil)
    }

    /// What `replace` is to be told, so that nothing newer is overwritten by what was read before it.
    package var version: UInt64 { rules.withLock { $0.version } }

    /// - Parameters:
    ///   - revoked: nil for those that are known.
    ///   - version: as it was before they were read.
    /// - Returns: false if the rules have changed since; then nothing has been changed.
    package func replace(keys: SigningKeys, revoked: Set<String>?, since version: UInt64?) -> Bool {
        let isNew: Bool? = rules.withLock { rules in
            guard version == nil || version == rules.version else { return nil }
            let revoked = revoked ?? rules.revoked
            guard rules.revoked != revoked || !rules.keys.isSame(as: keys) else { return false }
            rules = Rules(keys: keys, revoked: revoked, version: rules.version + 1)
            return true
        }
        if isNew == true { cache.invalidate() }
        return isNew != nil
    }

    /// From the return on, the token with that id is refused.
    package func revoke(id: String) {
        rules.withLock { rules in
            rules.revoked.insert(id)
            rules.version += 1
        }
        cache.invalidate()
    }
}
