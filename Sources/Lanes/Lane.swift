/// A bounded queue with one thread that works it off in order: where blocking SQLite calls are made.
///
/// One thread at a time has the duty; which one may change (`stepAside`), the order does not: units start in the order in
/// which they were taken, urgent ones first. A lane is also a serial executor and a task executor, so that an actor or a
/// task may live on it. Made by a `LaneGroup`.
package final class Lane: Wakeable, @unchecked Sendable {
    // Unchecked: `queue`, `isSleeping` are guarded by `gate`; `batch` belongs to the thread on duty, and the duty passes from
    // thread to thread under the crew's gate.

    /// Units run between two calls of the `batchEnded` hook at most: answers wait for no more than that.
    package static let batchSize = 16

    /// Its place in the group, from 0.
    package let index: Int
    let crew: LaneCrew
    let batchEnded: @Sendable () -> Void
    var batch = Ring<LaneQueue.Item>(capacity: batchSize)
    private let gate = Gate()
    private var queue: LaneQueue
    private var isSleeping = false
    private var hasEnded = false

    init(index: Int, queueBound: Int, crew: LaneCrew, batchEnded: @escaping @Sendable () -> Void) {
        self.index = index
        self.crew = crew
        self.batchEnded = batchEnded
        queue = LaneQueue(bound: queueBound)
    }

    /// Hands a unit over; any thread may. Costs a lock, and a wake-up only if the lane sleeps.
    ///
    /// - Returns: false, with nothing done, if the queue is full or the lane shuts down.
    package func submit(_ unit: any LaneUnit) -> Bool {
        gate.lock()
        let taken = queue.join(unit)
        unlockAndWake(taken)
        return taken
    }

    /// Hands several units over with one lock and at most one wake-up.
    ///
    /// - Returns: how many, from the first, were taken; the rest found the queue full or the lane shutting down.
    package func submit(contentsOf units: [any LaneUnit]) -> Int {
        gate.lock()
        let taken = queue.join(units)
        unlockAndWake(taken > 0)
        return taken
    }

    /// For checkpoints and shutdown: goes before everything that waits, and past the bound by a reserve of 16.
    ///
    /// - Returns: false if the reserve is used up or the lane shuts down.
    package func submitUrgent(_ unit: any LaneUnit) -> Bool {
        gate.lock()
        let taken = queue.joinUrgently(unit)
        unlockAndWake(taken)
        return taken
    }

    /// Units waiting now.
    package var queueLength: Int { gate.withLock { queue.unitCount } }
    /// Units that have been given to the thread since the beginning.
    package var unitsTaken: UInt64 { gate.withLock { queue.unitsTaken } }

    var isClosed: Bool { gate.withLock { queue.isClosed } }

    /// Refuses units from now on. What was taken before still runs.
    func close() {
        gate.lock()
        queue.close()
        unlockAndWake(true)
    }

    func enqueue(job: UnownedJob) {
        gate.lock()
        precondition(!hasEnded, "a task outlived the lane that it runs on")
        queue.join(job)
        unlockAndWake(true)
    }

    /// Blocks until there is something to do and moves it into `batch`.
    ///
    /// - Returns: false once the lane is closed and everything has been handed out.
    func takeBatch() -> Bool {
        gate.lock()
        defer { gate.unlock() }
        while queue.isEmpty {
            if queue.isClosed {
                hasEnded = true
                return false
            }
            isSleeping = true
            gate.wait(while: { isSleeping })
        }
        queue.take(Self.batchSize, into: &batch)
        return true
    }

    /// Releases the gate and wakes the thread on duty if it sleeps and `news` says there is something for it.
    private func unlockAndWake(_ news: Bool) {
        let wake = news && isSleeping
        if wake { isSleeping = false }
        gate.unlock()
        // From here on it counts as awake: whoever comes next leaves it to us.
        if wake, !Wakes.later(self) { gate.signal() }
    }

    package func wake() { gate.signal() }
}
