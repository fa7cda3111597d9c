package import Seams
import Synchronization
package import Vocabulary

/// Remembers what sessions allow, since asking the catalog costs a thousand times a look here. Any thread may ask; under 1 µs.
///
/// What is remembered counts only while the catalog has been heard within the bound: then every change that was answered before
/// is known here, because whoever follows the catalog's log calls `invalidate` first and `heard` after. A number that every change
/// raises keeps out what was read before a change and comes in after it.
package final class SessionCache: Sendable {
    private struct Entry {
        let grant: SessionGrant
        let readAt: Instant
        let ticket: UInt64
    }

    private struct State {
        var entries: TwoGenerations<TokenDigest, Entry>
        var refused: TwoGenerations<TokenDigest, AccessError>
        var changes: UInt64 = 0
        /// For each slot of users, `changes` when one of them last changed.
        var changed: [UInt64]
    }

    /// Users share slots, so that memory does not grow with them: a change forgets the others of its slot too.
    private static let slots = 4096
    private static let refusals = 10_000

    private let state: Mutex<State>
    private let lastHeard = Atomic<UInt64>(0)
    private let time: any TimeSource
    private let patience: UInt64

    /// - Parameters:
    ///   - capacity: sessions at most: some 400 bytes each, and 40 for every tenant beyond the first.
    ///   - bound: nanoseconds within which a change is seen.
    ///   - staleFor: nanoseconds beyond the bound for which sessions are let in although the catalog is silent.
    package init(capacity: Int, bound: UInt64, staleFor: UInt64, time: any TimeSource) {
        state = Mutex(
            State(
                entries: TwoGenerations(capacity: capacity), refused: TwoGenerations(capacity: Self.refusals),
                changed: Array(repeating: 0, count: Self.slots)))
        patience = bound + staleFor
        self.time = time
    }

    package var count: Int { state.withLock { $0.entries.count } }

    /// - Returns: nil if the session has to be read.
    /// - Throws: `tokenInvalid`, `tokenExpired` for one that was refused before.
    func grant(for token: Substring) throws(AccessError) -> SessionGrant? {
        guard token.utf8.count == SessionToken.textBytes else { throw .tokenInvalid }
        let digest = TokenDigest(token)
        let found: (Entry?, AccessError?) = state.withLock { state in
            guard let entry = state.entries.value(for: digest) else { return (nil, state.refused.value(for: digest)) }
            guard entry.ticket >= state.changed[Self.slot(entry.grant.user)] else { return (nil, nil) }
            return (entry, nil)
        }
        if let refusal = found.1 { throw refusal }
        guard let entry = found.0, isGood(entry) else { return nil }
        return entry.grant
    }

    private func isGood(_ entry: Entry) -> Bool {
        let now = time.monotonic()
        let heard = max(lastHeard.load(ordering: .acquiring), entry.readAt.nanoseconds)
        return now.nanoseconds(since: Instant(nanoseconds: heard)) <= patience
            && now.nanoseconds(since: entry.readAt) < entry.grant.keep
            && time.wall().milliseconds < entry.grant.expires.milliseconds
    }

    /// Reads a session and remembers what came of it.
    func read(_ token: Substring, from source: any SessionSource) async throws(AccessError) -> SessionGrant {
        guard token.utf8.count == SessionToken.textBytes else { throw .tokenInvalid }
        let digest = TokenDigest(token)
        let (ticket, readAt) = (state.withLock { $0.changes }, time.monotonic())
        do throws(AccessError) {
            let grant = try await source.session(of: digest.bytes)
            let entry = Entry(grant: grant, readAt: readAt, ticket: ticket)
            state.withLock { $0.entries.insert(entry, for: digest) }
            return grant
        } catch {
            switch error {
            case .tokenInvalid, .tokenExpired: refuse(digest, error)
            default: break
            }
            throw error
        }
    }

    /// What the catalog has refused once it refuses for ever: no session comes back, and none gets a token that somebody guessed.
    private func refuse(_ digest: TokenDigest, _ error: AccessError) {
        state.withLock { state in
            state.entries.remove(digest)
            state.refused.insert(error, for: digest)
        }
    }

    /// From the return on, nothing that was read of that user before counts.
    package func invalidate(_ user: UserID) {
        state.withLock { state in
            state.changes += 1
            state.changed[Self.slot(user)] = state.changes
        }
    }

    /// The same for everybody: changes may have been missed.
    package func invalidateAll() {
        state.withLock { state in
            state.changes += 1
            for slot in state.changed.indices { state.changed[slot] = state.changes }
            state.entries.removeAll()
        }
    }

    /// Every change that was committed before that time is known here.
    package func heard(_ time: Instant) { lastHeard.store(time.nanoseconds, ordering: .releasing) }

    /// Ids are random, so their low bits spread.
    private static func slot(_ user: UserID) -> Int { Int(user.rawValue % UInt64(slots)) }
}
