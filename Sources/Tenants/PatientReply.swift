import Synchronization

/// Answers a caller that waits only so long. Whoever is to answer claims it first; a caller that has given up is not
/// answered any more, and one whose reply was claimed waits for the answer, which then comes soon.
final class PatientReply<Value: Sendable>: Sendable {
    private enum State {
        case open(CheckedContinuation<Value?, any Error>?)
        case claimed(CheckedContinuation<Value?, any Error>?)
        case answered(Result<Value?, TenantsError>)
        case over
    }

    private let state = Mutex(State.open(nil))

    /// - Returns: nil if it was abandoned. To be called once.
    /// - Throws: what it was answered with.
    func value() async throws -> Value? {
        try await withCheckedThrowingContinuation { continuation in
            let answer: Result<Value?, TenantsError>? = state.withLock { state in
                switch state {
                case .open:
                    state = .open(continuation)
                    return nil
                case .claimed:
                    state = .claimed(continuation)
                    return nil
                case .answered(let answer):
                    state = .over
                    return answer
                case .over: return .success(nil)
                }
            }
            if let answer { continuation.resume(with: answer.mapError { $0 }) }
        }
    }

    /// - Returns: whether the caller still waits; then `send` must follow.
    func claim() -> Bool {
        state.withLock { state in
            guard case .open(let waiter) = state else { return false }
            state = .claimed(waiter)
            return true
        }
    }

    /// - Precondition: it was claimed.
    func send(_ result: Result<Value, TenantsError>) {
        let answer = result.map { Optional($0) }
        let waiter: CheckedContinuation<Value?, any Error>? = state.withLock { state in
            guard case .claimed(let waiter) = state else { return nil }
            state = waiter == nil ? .answered(answer) : .over
            return waiter
        }
        waiter?.resume(with: answer.mapError { $0 })
    }

    /// The caller waits no longer, unless the answer is on its way.
    func abandon() {
        let waiter: CheckedContinuation<Value?, any Error>? = state.withLock { state in
            guard case .open(let waiter) = state else { return nil }
            state = waiter == nil ? .answered(.success(nil)) : .over
            return waiter
        }
        waiter?.resume(returning: nil)
    }
}
