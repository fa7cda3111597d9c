import Synchronization

/// How far the node's start is: what `/readyz` says.
package final class NodeStatus: Sendable {
    package enum Phase: Equatable, Sendable {
        /// Records replayed of all, from 0 to 1.
        case recovering(Double)
        case ready
        case stopping
    }

    private let state = Mutex(Phase.recovering(0))
    private let leaves = Atomic<Bool>(false)

    package init() {}

    package var phase: Phase { state.withLock { $0 } }
    /// The node was told to stop; what is under way is still answered.
    package var isLeaving: Bool { leaves.load(ordering: .relaxed) }
    package func leave() { leaves.store(true, ordering: .relaxed) }
    package func turn(to phase: Phase) { state.withLock { $0 = phase } }
}
