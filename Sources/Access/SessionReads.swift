import Seams
import Synchronization
import Vocabulary

/// Lets requests of one session that come at once share one read of it. Bounded by `waiters` for each.
final class SessionReads: Sendable {
    enum Outcome: Sendable {
        /// nil: no session has the token.
        case read(Result<SessionGrant?, AccessError>)
        /// Whoever read for all has left in the middle.
        case abandoned
    }

    enum Ticket: Sendable {
        /// Read, then `land`.
        case lead(flight: UInt64)
        case done(Outcome)
        case tooMany
    }

    private struct Flight {
        let startedAt: Instant
        let ticket: UInt64
        var waiting: [CheckedContinuation<Ticket, Never>] = []
    }

    private struct State {
        var flights: [UInt64: Flight] = [:]
        /// The last one that began for each.
        var newest: [TokenDigest: UInt64] = [:]
        var last: UInt64 = 0
    }

    /// What somebody who comes now may join.
    struct Terms: Sendable {
        let now: Instant
        /// Reads that began before this time say too little about now.
        let since: Instant
        /// So do those before this change.
        let ticket: UInt64
        /// The last change, before the read.
        let changes: UInt64
    }

    private static let waiters = 4096
    private let state = Mutex(State())

    /// Waits for a read that is under way, or makes the caller the one who reads.
    func join(_ digest: TokenDigest, _ terms: Terms) async -> Ticket {
        await withCheckedContinuation { continuation in
            let ticket: Ticket? = state.withLock { state in
                if let number = state.newest[digest], var flight = state.flights[number],
                    flight.startedAt >= terms.since, flight.ticket >= terms.ticket
                {
                    guard flight.waiting.count < Self.waiters else { return .tooMany }
                    flight.waiting.append(continuation)
                    state.flights[number] = flight
                    return nil
                }
                state.last += 1
                state.newest[digest] = state.last
                state.flights[state.last] = Flight(startedAt: terms.now, ticket: terms.changes)
                return .lead(flight: state.last)
            }
            if let ticket { continuation.resume(returning: ticket) }
        }
    }

    /// Tells those who wait.
    func land(_ flight: UInt64, of digest: TokenDigest, _ outcome: Outcome) {
        let waiting = state.withLock { state in
            if state.newest[digest] == flight { state.newest[digest] = nil }
            return state.flights.removeValue(forKey: flight)?.waiting ?? []
        }
        for continuation in waiting { continuation.resume(returning: .done(outcome)) }
    }
}
