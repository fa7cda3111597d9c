import Synchronization

/// How much waits on the node and what its open tenants hold.
package final class NodeLoad: Sendable {
    private let bound: Int
    private let waiting = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let readers = Atomic<Int>(0)

    init(bound: Int) { self.bound = bound }

    package var waitingWorks: Int { waiting.load(ordering: .relaxed) }
    package var memoryBytes: Int { bytes.load(ordering: .relaxed) }

    /// - Returns: false where the node's queue is full.
    func enter() -> Bool {
        let (_, now) = waiting.add(1, ordering: .relaxed)
        if now <= bound { return true }
        waiting.subtract(1, ordering: .relaxed)
        return false
    }

    /// Our own works are counted, never refused.
    func enterUrgently() { waiting.add(1, ordering: .relaxed) }
    func leave() { waiting.subtract(1, ordering: .relaxed) }
    /// Slow reads that run aside.
    package var readersAside: Int { readers.load(ordering: .relaxed) }
    func readers(changedBy amount: Int) { readers.add(amount, ordering: .relaxed) }

    func memory(changedBy amount: Int) { bytes.add(amount, ordering: .relaxed) }
}
