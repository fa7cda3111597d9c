import Lanes
import Synchronization

/// The engine's service threads and the flags that end them.
final class EngineLife: Sendable {
    /// Which threads end first: those that still need the journal.
    enum Crew: Sendable { case keepers, journal }

    private let threads = Mutex<[(crew: Crew, thread: BackgroundThread)]>([])
    private let alarm = Gate()
    private let stopping = Atomic<Bool>(false)
    private let abandoned = Atomic<Bool>(false)

    /// Nothing new is taken.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }
    /// The engine was given up: works that have not begun are refused, running statements end.
    var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

    func start(_ name: String, _ crew: Crew, _ body: @escaping @Sendable () -> Void) throws(LaneError) {
        let thread = try BackgroundThread(name: name, body)
        threads.withLock { $0.append((crew, thread)) }
    }

    /// Sleeps, or returns at once when it is time to end.
    ///
    /// - Returns: false when it is time to end.
    func pause(_ nanoseconds: UInt64) -> Bool {
        alarm.withLock { _ = alarm.wait(atMost: nanoseconds, while: { !isStopping }) }
        return !isStopping
    }

    /// - Returns: false if it was stopping already.
    @discardableResult
    func stop() -> Bool {
        let wasStopping = alarm.withLock { stopping.exchange(true, ordering: .acquiringAndReleasing) }
        alarm.broadcast()
        return !wasStopping
    }

    func abandon() { abandoned.store(true, ordering: .relaxed) }

    func join(_ crew: Crew) {
        let ending = threads.withLock { threads in
            let ending = threads.filter { $0.crew == crew }.map(\.thread)
            threads.removeAll { $0.crew == crew }
            return ending
        }
        for thread in ending { thread.join() }
    }
}
