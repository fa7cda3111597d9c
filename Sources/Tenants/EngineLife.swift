import Lanes
import Synchronization

/// The engine's service threads and the flag that ends them.
final class EngineLife: Sendable {
    private struct State {
        var isStopping = false
        var threads: [BackgroundThread] = []
    }

    private let state = Mutex(State())
    private let alarm = Gate()

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(LaneError) {
        let thread = try BackgroundThread(name: name, body)
        state.withLock { $0.threads.append(thread) }
    }

    /// Sleeps, or returns at once when it is time to end.
    ///
    /// - Returns: false when it is time to end.
    func pause(_ nanoseconds: UInt64) -> Bool {
        alarm.withLock { _ = alarm.wait(atMost: nanoseconds, while: { !isStopping }) }
        return !isStopping
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        alarm.withLock {}
        alarm.broadcast()
    }

    func join() {
        let threads = state.withLock { state in
            defer { state.threads = [] }
            return state.threads
        }
        for thread in threads { thread.join() }
    }
}
