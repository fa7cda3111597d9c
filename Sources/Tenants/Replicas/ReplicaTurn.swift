import Synchronization

/// One at a time, in the order in which they came, and not too many waiting.
final class ReplicaTurn: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private static let bound = 256
    private let state = Mutex(State())

    /// - Throws: `TenantsError.busy` with nothing done where too many wait, and what the body throws.
    func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard await enter() else { throw TenantsError.busy(queue: "line of the tenant's replicas") }
        defer { leave() }
        return try await body()
    }

    /// - Returns: nil, with nothing done, where somebody is inside.
    func passIfFree<Result>(_ body: () async throws -> Result) async rethrows -> Result? {
        guard takeIfFree() else { return nil }
        defer { leave() }
        return try await body()
    }

    /// The same on a thread that may not wait.
    func passIfFree<Result>(_ body: () throws -> Result) rethrows -> Result? {
        guard takeIfFree() else { return nil }
        defer { leave() }
        return try body()
    }

    private func takeIfFree() -> Bool {
        state.withLock { state in
            defer { state.isTaken = true }
            return !state.isTaken
        }
    }

    private func enter() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                guard state.waiting.count < Self.bound else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }
}
