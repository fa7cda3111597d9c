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
        let isNew = rules.withLock { rules in
            guard rules.revoked != revoked || !rules.keys.isSame(as: keys) else { return false }
            rules = Rules(keys: keys, revoked: revoked)
            return true
        }
        if isNew { cache.invalidate() }
    }

    /// From the return on, the token with that id is refused.
    package func revoke(id: String) {
        rules.withLock { _ = $0.revoked.insert(id) }
        cache.invalidate()
    }
}
