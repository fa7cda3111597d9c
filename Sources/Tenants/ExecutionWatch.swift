import Lanes
import SQLiteKit
import Seams
import Synchronization

/// Watches the statements of one connection: ends them at their deadline, and lets a slow one keep its thread while a
/// spare takes the lane over.
final class ExecutionWatch: ProgressObserver {
    enum Stop: Sendable {
        case deadline
        /// Too many slow statements on the node already.
        case tooManySlow
        case cancelled
    }

    /// Virtual-machine steps between two looks at the clock: some tens of microseconds.
    static let stepsBetweenLooks: Int32 = 2_000
    /// A statement that takes longer gives its lane away.
    private static let slowAfter: UInt64 = 5_000_000

    private let time: any TimeSource
    private let life: EngineLife
    private var started = Instant(nanoseconds: 0)
    private var deadline = Instant.distantFuture
    /// A caller's statement runs; our own have no deadline and keep their lane.
    private var isWatching = false
    private var hasSteppedAside = false
    private(set) var stop: Stop?
    private let isCancelled = Atomic<Bool>(false)

    init(time: any TimeSource, life: EngineLife) {
        self.time = time
        self.life = life
    }

    func begin(deadline: Instant) {
        started = time.monotonic()
        self.deadline = deadline
        isWatching = true
        hasSteppedAside = false
        stop = nil
        isCancelled.store(false, ordering: .relaxed)
    }

    /// Begins if nothing is being watched.
    func ensure(deadline: Instant) { if !isWatching { begin(deadline: deadline) } }

    func end() { isWatching = false }

    /// From any thread.
    func cancel() { isCancelled.store(true, ordering: .releasing) }

    func mustStop() -> Bool {
        if life.isAbandoned { return stopNow(.cancelled) }
        guard isWatching else { return false }
        if isCancelled.load(ordering: .acquiring) { return stopNow(.cancelled) }
        let now = time.monotonic()
        if now >= deadline { return stopNow(.deadline) }
        guard !hasSteppedAside, now.nanoseconds(since: started) >= Self.slowAfter, Lane.isOnLane else { return false }
        hasSteppedAside = true
        return Lane.stepAside() ? false : stopNow(.tooManySlow)
    }

    private func stopNow(_ reason: Stop) -> Bool {
        stop = reason
        return true
    }
}
