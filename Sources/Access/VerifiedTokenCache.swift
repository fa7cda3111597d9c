import Synchronization
import Vocabulary

/// Remembers what verified tokens grant, since checking a signature costs a hundred times a look-up. Any thread may ask.
///
/// A generation number guards against a race: a grant that was verified before a revocation is not kept after it.
package final class VerifiedTokenCache: Sendable {
    private struct State {
        var grants: TwoGenerations<TokenDigest, TenantGrant>
        var generation: UInt64 = 0
    }

    private let state: Mutex<State>

    /// - Parameter capacity: tokens at most.
    package init(capacity: Int) { state = Mutex(State(grants: TwoGenerations(capacity: capacity))) }

    package var count: Int { state.withLock { $0.grants.count } }
    package var generation: UInt64 { state.withLock { $0.generation } }

    /// - Returns: nil if the token is not known; it may still be good.
    /// - Throws: `tokenExpired`.
    func grant(for digest: TokenDigest, now: WallTime) throws(AccessError) -> TenantGrant? {
        guard let grant = state.withLock({ $0.grants.value(for: digest) }) else { return nil }
        guard !grant.hasExpired(at: now) else {
            state.withLock { $0.grants.remove(digest) }
            throw .tokenExpired
        }
        return grant
    }

    /// Keeps a grant, unless something was revoked since `generation` was read.
    func keep(_ grant: TenantGrant, for digest: TokenDigest, generation: UInt64) {
        state.withLock { state in
            if state.generation == generation { state.grants.insert(grant, for: digest) }
        }
    }

    /// Forgets everything: keys or revocations have changed.
    package func invalidate() {
        state.withLock { state in
            state.generation += 1
            state.grants.removeAll()
        }
    }
}
