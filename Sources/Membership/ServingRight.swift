package import Seams
import Synchronization

/// A node's right to serve, as the data plane asks it before each answer: one atomic read.
///
/// Written by the lease's keeper alone. The right is checked again *after* the work, right before the answer leaves, reads
/// included: work that was begun in time may end too late.
package final class ServingRight: Sendable {
    /// Nanoseconds until which the node may serve; 0: not yet.
    private let deadline = Atomic<UInt64>(0)
    private let isRevoked = Atomic<Bool>(false)

    package init() {}

    package func mayServe(_ now: Instant) -> Bool {
        now.nanoseconds < deadline.load(ordering: .acquiring) && !isRevoked.load(ordering: .acquiring)
    }

    /// True for ever once a renewal was refused.
    package var isLost: Bool { isRevoked.load(ordering: .acquiring) }

    /// Replaces the deadline; it may come nearer.
    func grant(until deadline: Instant) {
        self.deadline.store(deadline.nanoseconds, ordering: .releasing)
    }

    /// At once and for good: this process's incarnation is over.
    func revoke() {
        isRevoked.store(true, ordering: .releasing)
    }
}
