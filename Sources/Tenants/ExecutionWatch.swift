import Lanes
import SQLiteKit
import Seams

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
    private unowned let connection: Connection
    private var cancellation: WorkCancellation?
    /// The cancellation knows the connection; not for statements that end before the first look.
    private var isCancellable = false

    init(_ connection: Connection, time: any TimeSource, life: EngineLife) {
        self.connection = connection
        self.time = time
        self.life = life
    }

    func begin(deadline: Instant, _ cancellation: WorkCancellation?) {
        end()
        started = time.monotonic()
        self.deadline = deadline
        self.cancellation = cancellation
        isWatching = true
        hasSteppedAside = false
        stop = nil
    }

    /// Begins if nothing is being watched.
    func ensure(deadline: Instant, _ cancellation: WorkCancellation?) {
        if !isWatching { begin(deadline: deadline, cancellation) }
    }

    /// The statement has ended, or pauses.
    func end() {
        isWatching = false
        guard isCancellable else { return }
        isCancellable = false
        cancellation?.ended()
    }

    func mustStop() -> Bool {
        if life.isAbandoned { return stopNow(.cancelled) }
        guard isWatching else { return false }
        if isCancelled { return stopNow(.cancelled) }
        let now = time.monotonic()
        if now >= deadline { return stopNow(.deadline) }
        guard !hasSteppedAside, now.nanoseconds(since: started) >= Self.slowAfter, Lane.isOnLane else { return false }
        hasSteppedAside = true
        return Lane.stepAside() ? false : stopNow(.tooManySlow)
    }

    private var isCancelled: Bool {
        guard let cancellation else { return false }
        if !isCancellable {
            isCancellable = true
            cancellation.runs(on: connection)
        }
        return cancellation.isCancelled
    }

    private func stopNow(_ reason: Stop) -> Bool {
        stop = reason
        return true
    }
}
