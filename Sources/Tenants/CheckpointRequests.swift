import Lanes
import Synchronization
import Vocabulary

/// Tenants whose log has grown enough to be copied into their file, and the checkpointer's alarm clock.
final class CheckpointRequests: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private var wanted: Set<TenantID> = []
    private var isStopped = false

    func add(_ tenant: TenantID) {
        let isNew = gate.withLock { wanted.insert(tenant).inserted }
        if isNew { gate.signal() }
    }

    func stop() {
        gate.withLock { isStopped = true }
        gate.broadcast()
    }

    /// Waits at most so long for something to do.
    ///
    /// - Returns: up to `limit` tenants; nil when it is time to end.
    func take(_ limit: Int, waitingAtMost nanoseconds: UInt64) -> [TenantID]? {
        gate.withLock {
            _ = gate.wait(atMost: nanoseconds, while: { wanted.isEmpty && !isStopped })
            if isStopped { return nil }
            let taken = Array(wanted.prefix(limit))
            wanted.subtract(taken)
            return taken
        }
    }
}
