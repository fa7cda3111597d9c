import Lanes

/// Transactions that wait for a connection; bounded. Workers block on it.
final class PostgresQueue: @unchecked Sendable {
    // Unchecked: everything that changes is guarded by `gate`.

    private let gate = Gate()
    private let bound: Int
    private var jobs: [PostgresJob] = []
    private var isClosed = false

    init(bound: Int) { self.bound = bound }

    var count: Int { gate.withLock { jobs.count } }

    /// - Returns: false if it is full or closed.
    func join(_ job: PostgresJob) -> Bool {
        let taken = gate.withLock {
            guard !isClosed, jobs.count < bound else { return false }
            jobs.append(job)
            return true
        }
        // Not `signal`: it could wake a worker that only pauses.
        if taken { gate.broadcast() }
        return taken
    }

    /// Blocks until there is something to do.
    ///
    /// - Returns: nil once it is closed and empty.
    func next() -> PostgresJob? {
        gate.lock()
        defer { gate.unlock() }
        gate.wait(while: { jobs.isEmpty && !isClosed })
        return jobs.isEmpty ? nil : jobs.removeFirst()
    }

    /// Blocks for so long, less if the queue is closed meanwhile.
    ///
    /// - Returns: false if it is closed.
    func pause(_ nanoseconds: UInt64) -> Bool {
        gate.lock()
        defer { gate.unlock() }
        return !gate.wait(atMost: nanoseconds, while: { !isClosed })
    }

    /// Takes no more.
    func close() {
        gate.withLock { isClosed = true }
        gate.broadcast()
    }
}
