package import Catalog
package import Seams
import Synchronization

/// Where requests wait for flags to change: all of a node's look at the catalog together, four times a second, and not at
/// all where nobody waits.
package final class FlagBoard: Sendable {
    /// Requests that may wait at once.
    private static let most = 1000
    /// Nanoseconds between two looks; far below the second in which every node is to know.
    private static let interval: UInt64 = 250_000_000

    private struct Waiter {
        let after: UInt64
        let deadline: Instant
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        /// Left before they had begun to wait.
        var gone: Set<UInt64> = []
        var next: UInt64 = 0
        var isClosed = false
    }

    package let rows: FlagRows
    private let time: any TimeSource
    private let sleep: Sleep
    private let isLeaving: @Sendable () -> Bool
    private let state = Mutex(State())

    /// - Parameter isLeaving: whether the node stops: then nobody waits any more, so that nobody is waited for.
    package init(
        store: CatalogStore, time: any TimeSource, sleep: @escaping Sleep, isLeaving: @escaping @Sendable () -> Bool
    ) {
        self.isLeaving = isLeaving
        rows = FlagRows(store)
        self.time = time
        self.sleep = sleep
    }

    /// Looks until the task is cancelled; then nobody waits any more.
    package func run() async {
        while true {
            do { try await sleep(Self.interval) } catch { return close() }
            if isLeaving() { close() }
            guard state.withLock({ !$0.waiters.isEmpty }) else { continue }
            let newest = try? await rows.newest()
            let now = time.monotonic()
            wake { $0.deadline <= now || $0.after < newest ?? 0 }
        }
    }

    /// This node has made a change.
    func changed(to seq: UInt64) { wake { $0.after < seq } }

    private func close() {
        state.withLock { $0.isClosed = true }
        wake { _ in true }
    }

    private func wake(_ isDue: (Waiter) -> Bool) {
        let due = state.withLock { state in
            let due = state.waiters.filter { isDue($0.value) }
            for id in due.keys { state.waiters[id] = nil }
            return due
        }
        for waiter in due.values { waiter.continuation.resume() }
    }

    /// Waits for a change after a number, not longer than `span` nanoseconds.
    ///
    /// - Returns: false where too many wait, or the node stops.
    func wait(after seq: UInt64, atMost span: UInt64) async -> Bool {
        let deadline = time.monotonic().advanced(byNanoseconds: span)
        let id: UInt64? = state.withLock { state in
            guard !state.isClosed, state.waiters.count < Self.most else { return nil }
            state.next += 1
            return state.next
        }
        guard let id else { return false }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.gone.remove(id) == nil, !state.isClosed else { return false }
                    state.waiters[id] = Waiter(after: seq, deadline: deadline, continuation: continuation)
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.gone.insert(id) }
                return waiter
            }
            waiter?.continuation.resume()
        }
        state.withLock { _ = $0.gone.remove(id) }
        return true
    }
}
