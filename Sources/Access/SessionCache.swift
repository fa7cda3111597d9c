package import Seams
import Synchronization
package import Vocabulary

/// Remembers what sessions allow, since asking the catalog costs a thousand times a look here. Any thread may ask; under 1 µs.
///
/// What is remembered counts only while the catalog has been heard within the bound: then every change that was answered before
/// is known here, because whoever follows the catalog's log calls `invalidate` first and `heard` after.
package final class SessionCache: Sendable {
    private let memory: Mutex<SessionMemory>
    private let reads = SessionReads()
    private let lastHeard = Atomic<UInt64>(0)
    private let time: any TimeSource
    private let bound: UInt64
    /// Nanoseconds of the catalog's silence beyond which nobody is let in.
    package let patience: UInt64

    /// - Parameters:
    ///   - capacity: sessions at most: some 400 bytes each. One of many tenants counts as one more for every 16.
    ///   - bound: nanoseconds within which a change is seen.
    ///   - staleFor: nanoseconds beyond the bound for which sessions are let in although the catalog is silent.
    package init(capacity: Int, bound: UInt64, staleFor: UInt64, time: any TimeSource) {
        let memory = SessionMemory(capacity: capacity, bound: bound, staleFor: staleFor)
        self.bound = bound
        patience = memory.patience
        self.memory = Mutex(memory)
        self.time = time
    }

    package var count: Int { memory.withLock { $0.count } }

    /// - Throws: `tokenInvalid` for what has not a session's form.
    func look(_ token: Substring) throws(AccessError) -> SessionMemory.Look {
        guard token.utf8.count == SessionToken.textBytes else { throw .tokenInvalid }
        let (digest, moment) = (TokenDigest(token), moment())
        var dropped: SessionMemory.Dropped = [:]
        return memory.withLock { $0.look(digest, at: moment, dropping: &dropped) }
    }

    private func moment() -> SessionMemory.Moment {
        // In this order: what was heard is never later than now.
        let heard = Instant(nanoseconds: lastHeard.load(ordering: .acquiring))
        return SessionMemory.Moment(now: time.monotonic(), wall: time.wall(), heard: heard)
    }

    /// Looks that are tried where whoever looked for all has left.
    private static let attempts = 4

    /// Reads a session and remembers what came of it. Requests at once share a look, if it began after the last change of the
    /// session's user and within the bound.
    ///
    /// - Returns: nil where no session has the token.
    /// - Throws: `tokenInvalid`, `tokenExpired`, `catalogUnavailable`.
    func read(_ token: Substring, from source: any SessionSource) async throws(AccessError) -> SessionGrant? {
        guard token.utf8.count == SessionToken.textBytes else { throw .tokenInvalid }
        let digest = TokenDigest(token)
        for _ in 0..<Self.attempts {
            let now = time.monotonic()
            let since = Instant(nanoseconds: now.nanoseconds - min(bound, now.nanoseconds))
            let terms = memory.withLock {
                SessionReads.Terms(now: now, since: since, ticket: $0.ticket(for: digest), changes: $0.changes)
            }
            switch await reads.join(digest, terms) {
            case .lead(let flight):
                let result = await read(digest, terms, from: source)
                let isLost = if case .failure(.catalogUnavailable) = result { Task.isCancelled } else { false }
                reads.land(flight, of: digest, isLost ? .abandoned : .read(result))
                return try result.get()
            case .done(.read(let result)): return try result.get()
            case .done(.abandoned): continue
            case .tooMany: throw .catalogUnavailable
            }
        }
        throw .catalogUnavailable
    }

    private func read(
        _ digest: TokenDigest, _ terms: SessionReads.Terms, from source: any SessionSource
    ) async -> Result<SessionGrant?, AccessError> {
        do throws(AccessError) {
            let grant = try await source.session(of: digest.bytes)
            // What it returns is freed when the lock is.
            _ = memory.withLock { memory -> SessionMemory.Dropped in
                if let grant { return memory.keep(grant, for: digest, ticket: terms.changes, readAt: terms.now) }
                memory.refuse(digest, .tokenInvalid, ticket: terms.changes, readAt: terms.now)
                return [:]
            }
            return .success(grant)
        } catch {
            switch error {
            case .tokenInvalid, .tokenExpired:
                memory.withLock { $0.refuse(digest, error, ticket: terms.changes, readAt: terms.now) }
            case .catalogUnavailable:
                let moment = moment()
                if let grant = memory.withLock({ $0.leanOn(digest, at: moment) }) { return .success(grant) }
            default: break
            }
            return .failure(error)
        }
    }

    /// From the return on, nothing that was read of that user before counts.
    package func invalidate(_ user: UserID) { memory.withLock { $0.invalidate(user) } }

    /// The same for everybody: changes may have been missed.
    package func invalidateAll() { memory.withLock { $0.invalidateAll() } }

    /// Every change that was committed before that time is known here.
    package func heard(_ time: Instant) { lastHeard.store(time.nanoseconds, ordering: .releasing) }
}
