import Catalog
import Seams
import Synchronization

/// A transaction on its way through the pool: answered exactly once, by the worker or by whoever stopped waiting.
final class PostgresJob: Sendable {
    typealias Outcome = Result<[CatalogRows], CatalogError>

    private enum Phase {
        case queued
        case running
        case answered(Outcome)
        case told
    }

    private struct State {
        var phase = Phase.queued
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    let transaction: CatalogTransaction
    let deadline: Instant
    private let state = Mutex(State())

    init(_ transaction: CatalogTransaction, deadline: Instant) {
        self.transaction = transaction
        self.deadline = deadline
    }

    /// Whether it is still to be begun.
    var isAwaited: Bool {
        state.withLock { state in
            if case .queued = state.phase { true } else { false }
        }
    }

    /// - Returns: false if nobody waits for it any more: then it is not begun.
    func start() -> Bool {
        state.withLock { state in
            guard case .queued = state.phase else { return false }
            state.phase = .running
            return true
        }
    }

    /// Nobody waits any more; what has begun goes on.
    func giveUp() {
        answer(
            .failure(
                start() ? .unavailable("given up before it was begun") : .outcomeUnknown("given up before it was done"))
        )
    }

    /// Its time is over. What has begun has bounds of its own.
    func expire() {
        let isLate = state.withLock { state in
            if case .queued = state.phase { true } else { false }
        }
        if isLate, start() { answer(.failure(.unavailable("PostgreSQL: no connection was free in time"))) }
    }

    /// The first answer counts.
    func answer(_ outcome: Outcome) {
        let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            switch state.phase {
            case .answered, .told: return nil
            case .queued, .running: break
            }
            state.phase = state.waiter == nil ? .answered(outcome) : .told
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: outcome)
    }

    func outcome() async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Outcome? in
                    guard case .answered(let outcome) = state.phase else {
                        state.waiter = continuation
                        return nil
                    }
                    state.phase = .told
                    return outcome
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            giveUp()
        }
    }
}
