import Lanes
import Seams
import Vocabulary

/// Transactions that wait for a connection, or for one to be made; bounded. Workers block on it.
final class PostgresQueue: @unchecked Sendable {
    // Unchecked: everything that changes is guarded by `gate`.

    private let gate = Gate()
    private let bound: Int
    private var jobs: [PostgresJob] = []
    /// Taken by workers, and not sent before they have a connection.
    private var taken: [PostgresJob] = []
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
        guard !jobs.isEmpty else { return nil }
        let job = jobs.removeFirst()
        taken.append(job)
        return job
    }

    /// It has been answered.
    func finished(_ job: PostgresJob) { gate.withLock { taken.removeAll { $0 === job } } }

    /// Nanoseconds between two looks at who has waited for too long.
    private static let look: UInt64 = 100_000_000

    /// Answers those whose time is over before they were begun: making a connection may take longer than that, and blocks its
    /// worker. Blocks until the queue is closed.
    func watch(_ time: any TimeSource) {
        while awaitWork(), pause(Self.look) {
            let now = time.monotonic()
            let late = gate.withLock {
                defer { jobs.removeAll { $0.deadline <= now } }
                return (jobs + taken).filter { $0.deadline <= now }
            }
            for job in late { job.expire() }
        }
    }

    /// - Returns: false once it is closed.
    private func awaitWork() -> Bool {
        gate.lock()
        defer { gate.unlock() }
        gate.wait(while: { jobs.isEmpty && taken.isEmpty && !isClosed })
        return !isClosed
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
