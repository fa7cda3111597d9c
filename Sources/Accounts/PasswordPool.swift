import Lanes

/// Threads for what is meant to be slow. Hashing a password takes a tenth of a second and tens of MiB: never on a lane or an event
/// loop, and never more at once than there are threads.
package final class PasswordPool: @unchecked Sendable {
    // Unchecked: everything but the gate is used under it.
    package static let workers = 4
    package static let queue = 64

    private let gate = Gate()
    private var waiting: [@Sendable () -> Void] = []
    private var threads: [BackgroundThread] = []
    private var idle = 0
    private var running = 0
    private var isClosed = false

    package init() {}

    /// Runs the work on one of the threads, which are started as they are needed.
    ///
    /// - Throws: `busy` if as many wait as may; nothing was run then.
    func run<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result
    ) async throws(AccountsError) -> Result {
        let result: Result? = await withCheckedContinuation { continuation in
            let isTaken = take { continuation.resume(returning: work()) }
            if !isTaken { continuation.resume(returning: nil) }
        }
        guard let result else { throw .busy(retryAfterSeconds: 1) }
        return result
    }

    private func take(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = gate.withLock {
            // Threads that were only just started have taken nothing yet: what they will take does not count as waiting.
            guard !isClosed, running + waiting.count < Self.workers + Self.queue else { return false }
            if idle <= waiting.count, threads.count < Self.workers {
                // Without another thread it is the others' to do; without any it is nobody's.
                let thread = try? BackgroundThread(name: "password") { [weak self] in self?.work() }
                if let thread { threads.append(thread) }
                guard !threads.isEmpty else { return false }
            }
            waiting.append(job)
            return true
        }
        if isTaken { gate.signal() }
        return isTaken
    }

    private func work() {
        while let job = next() {
            job()
            gate.withLock { running -= 1 }
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        gate.withLock {
            idle += 1
            gate.wait { waiting.isEmpty && !isClosed }
            idle -= 1
            // What was taken is answered, also at the end.
            guard !waiting.isEmpty else { return nil }
            running += 1
            return waiting.removeFirst()
        }
    }

    /// Takes nothing more, finishes what it has, and ends its threads. Blocks; called once.
    package func close() {
        let threads = gate.withLock {
            isClosed = true
            return self.threads
        }
        gate.broadcast()
        for thread in threads { thread.join() }
    }
}
