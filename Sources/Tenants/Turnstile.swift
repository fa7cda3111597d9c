import Synchronization

/// One at a time, in the order in which they came: for a few awaits that must not be interleaved with others'.
package final class Turnstile: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let bound: Int
    private let state = Mutex(State())

    /// - Parameter bound: how many may wait.
    package init(bound: Int) { self.bound = bound }

    /// - Returns: nil, with nothing done, where too many wait already.
    package func pass<Result>(_ body: () async throws -> Result) async rethrows -> Result? {
        guard await enter() else { return nil }
        defer { leave() }
        return try await body()
    }

    /// - Returns: nil, with nothing done, where somebody is inside.
    package func passIfFree<Result>(_ body: () async throws -> Result) async rethrows -> Result? {
        guard takeIfFree() else { return nil }
        defer { leave() }
        return try await body()
    }

    /// The same on a thread that may not wait.
    package func passIfFree<Result>(_ body: () throws -> Result) rethrows -> Result? {
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
                guard state.waiting.count < bound else { return false }
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
