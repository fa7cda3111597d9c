import Synchronization

/// Answers an awaiting caller exactly once, whoever comes first: the work on its thread, or the engine that refuses it.
final class Reply<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

    init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

    func send(_ result: Result<Value, TenantsError>) {
        let taken = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        taken?.resume(with: result.mapError { $0 })
    }
}
