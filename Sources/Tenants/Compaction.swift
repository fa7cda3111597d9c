import Seams
import Synchronization
import Vocabulary

/// One compaction of a tenant's file, from the VACUUM that asks for it to its end. Statements that come meanwhile wait for
/// the same one: nothing is written before it has ended.
final class Compaction: Sendable {
    private struct State {
        var isHolding = false
        var attempts = 0
        var outcome: Result<Void, SQLFailure>?
    }

    let tenant: TenantID
    /// When it is given up.
    let deadline: Instant
    private let state = Mutex(State())

    init(_ tenant: TenantID, deadline: Instant) {
        self.tenant = tenant
        self.deadline = deadline
    }

    /// Nil while it goes on.
    var outcome: Result<Void, SQLFailure>? { state.withLock { $0.outcome } }

    /// The first outcome counts.
    func end(_ outcome: Result<Void, SQLFailure>) {
        state.withLock { if $0.outcome == nil { $0.outcome = outcome } }
    }

    /// What is told of an earlier attempt to hold the writers does not count any more.
    ///
    /// - Returns: the attempt that begins.
    func beginAttempt() -> Int {
        state.withLock { state in
            state.attempts += 1
            return state.attempts
        }
    }

    func isCurrent(_ attempt: Int) -> Bool { state.withLock { $0.attempts == attempt } }

    /// The tenant's writers wait for it and not for a move.
    var isHolding: Bool {
        get { state.withLock { $0.isHolding } }
        set { state.withLock { $0.isHolding = newValue } }
    }
}
