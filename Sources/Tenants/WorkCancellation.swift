import SQLiteKit
import Synchronization

/// How a client that has left reaches its work: whatever runs for it ends, nothing of it begins any more, and nothing of
/// another's is touched.
///
/// A work keeps one for its life. A statement is ended twice over: at its next look at the clock, and, once it is known to be
/// no short one, by `sqlite3_interrupt`, which SQLite looks at more often. What has committed stays committed.
package final class WorkCancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    /// Set only while a statement of this work runs on it, so that an interruption hits that one.
    private let running = Mutex<Connection?>(nil)

    package init() {}

    package var isCancelled: Bool { flag.load(ordering: .acquiring) }

    /// Any thread, any time; repeating it is harmless.
    package func cancel() {
        flag.store(true, ordering: .releasing)
        // Under the lock, which `ended` takes too: afterwards the connection may run somebody else's statement.
        running.withLock { $0?.interrupt() }
    }

    /// For a work that is used again. Nobody may be about to cancel it.
    package func renew() { flag.store(false, ordering: .releasing) }

    /// On the statement's thread, while it runs. The caller then asks `isCancelled` once more.
    func runs(on connection: Connection) { running.withLock { $0 = connection } }
    /// Before its connection is used for anything else.
    func ended() { running.withLock { $0 = nil } }
}
