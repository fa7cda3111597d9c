import Lanes

/// A thread whose slow read has ended aside and that waits to be the tenant's thread again.
final class ReturningReader: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private var isTenants = false

    /// Blocks until the tenant's thread has handed the tenant over.
    func wait() { gate.withLock { gate.wait(while: { !isTenants }) } }

    /// The tenant is the waiting thread's: the caller must not touch it any more.
    func takeOver() {
        gate.withLock { isTenants = true }
        gate.signal()
    }
}
