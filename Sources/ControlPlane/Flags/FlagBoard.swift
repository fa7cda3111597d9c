package import Catalog
package import Seams
import Synchronization

/// Where requests wait for flags to change: all of a node's look at the catalog together, four times a second, and not at
/// all where nobody waits. What has changed is read once for all of them.
package final class FlagBoard: Sendable {
    /// Requests that may wait at once.
    private static let most = 1000
    /// Nanoseconds between two looks; far below the second in which every node is to know.
    private static let interval: UInt64 = 250_000_000
    /// Nanoseconds for which a look counts: who has waited in vain need not look again.
    private static let freshness: UInt64 = 1_000_000_000

    enum Heard: Sendable {
        /// What has changed after the waiter's number, and the number up to which this is everything.
        case changes([FlagRow], newest: UInt64)
        case nothing
        /// Nobody knows: to be read.
        case unknown
        /// Too many wait, or the node stops.
        case refused
    }

    private struct Waiter {
        let after: UInt64
        let deadline: Instant
        let continuation: CheckedContinuation<Heard, Never>
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        /// Taken by those who wait or are about to.
        var places = 0
        /// Left before they had begun to wait.
        var gone: Set<UInt64> = []
        var next: UInt64 = 0
        var isClosed = false
        /// When the last look that had an answer began.
        var looked: Instant?
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

    /// Looks until the task is cancelled; then nobody waits any more. Who has waited long enough is let go also while a look hangs.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.everyInterval { await self.look() } }
            group.addTask { await self.everyInterval { self.letGo() } }
        }
        close()
    }

    private func everyInterval(_ body: () async -> Void) async {
        while (try? await sleep(Self.interval)) != nil { await body() }
    }

    private func look() async {
        let waiting = state.withLock { $0.waiters.values.map(\.after) }
        guard !waiting.isEmpty else { return }
        let began = time.monotonic()
        guard let newest = try? await rows.newest() else { return }
        state.withLock { $0.looked = began }
        guard let oldest = waiting.filter({ $0 < newest }).min() else {
            // Numbers of another catalog, or from before this one lost commits.
            return wake { $0.after > newest ? .unknown : nil }
        }
        guard let changes = try? await rows.changes(after: oldest) else { return }
        wake { waiter in
            if waiter.after > changes.newest { return .unknown }
            guard waiter.after >= oldest, waiter.after < changes.newest else { return nil }
            return .changes(changes.flags.filter { $0.seq > waiter.after }, newest: changes.newest)
        }
    }

    private func letGo() {
        if isLeaving() { close() }
        let now = time.monotonic()
        let looked = state.withLock { $0.looked }
        let isKnown = looked.map { now.nanoseconds(since: $0) <= Self.freshness } ?? false
        wake { $0.deadline <= now ? isKnown ? .nothing : .unknown : nil }
    }

    private func close() {
        state.withLock { $0.isClosed = true }
        wake { _ in .unknown }
    }

    private func wake(_ heard: (Waiter) -> Heard?) {
        let due = state.withLock { state in
            var due: [(CheckedContinuation<Heard, Never>, Heard)] = []
            for (id, waiter) in state.waiters {
                guard let heard = heard(waiter) else { continue }
                due.append((waiter.continuation, heard))
                state.waiters[id] = nil
            }
            return due
        }
        for (continuation, heard) in due { continuation.resume(returning: heard) }
    }

    /// Waits for a change after a number, not longer than `span` nanoseconds.
    func wait(after seq: UInt64, atMost span: UInt64) async -> Heard {
        let deadline = time.monotonic().advanced(byNanoseconds: span)
        let id: UInt64? = state.withLock { state in
            guard !state.isClosed, state.places < Self.most else { return nil }
            state.places += 1
            state.next += 1
            return state.next
        }
        guard let id else { return .refused }
        let heard = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.gone.remove(id) == nil, !state.isClosed else { return false }
                    state.waiters[id] = Waiter(after: seq, deadline: deadline, continuation: continuation)
                    return true
                }
                if !waits { continuation.resume(returning: .unknown) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.gone.insert(id) }
                return waiter
            }
            waiter?.continuation.resume(returning: .unknown)
        }
        state.withLock { state in
            state.gone.remove(id)
            state.places -= 1
        }
        return heard
    }
}
