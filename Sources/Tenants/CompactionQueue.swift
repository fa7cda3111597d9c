import Lanes

/// Compactions that wait for the compactor; one runs at a time on a node, since each reads and writes a whole file.
final class CompactionQueue: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private static let bound = 64

    private let gate = Gate()
    private var queue: [Compaction] = []
    private var isClosed = false

    /// - Returns: false where too many wait, or the engine stops.
    func add(_ compaction: Compaction) -> Bool {
        let isTaken = gate.withLock {
            guard !isClosed, queue.count < Self.bound else { return false }
            queue.append(compaction)
            return true
        }
        if isTaken { gate.signal() }
        return isTaken
    }

    /// Its tenant is not to be had now: others go first.
    func putBack(_ compaction: Compaction) {
        let isTaken = gate.withLock {
            if !isClosed { queue.append(compaction) }
            return !isClosed
        }
        if isTaken { gate.signal() } else { compaction.end(.failure(.busy)) }
    }

    /// Others wait for the compactor.
    var isWaitedFor: Bool { gate.withLock { !queue.isEmpty } }

    /// Blocks until there is one.
    ///
    /// - Returns: nil when it is time to end.
    func take() -> Compaction? {
        gate.withLock {
            gate.wait(while: { queue.isEmpty && !isClosed })
            return isClosed ? nil : queue.removeFirst()
        }
    }

    /// - Returns: what will not be done any more.
    func close() -> [Compaction] {
        let left = gate.withLock {
            isClosed = true
            defer { queue = [] }
            return queue
        }
        gate.broadcast()
        return left
    }
}
