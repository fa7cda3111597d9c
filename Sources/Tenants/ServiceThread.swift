import Lanes

/// One thread for file work that would hold up a lane: reading and writing whole copies of tenants, long syncs.
///
/// In order, bounded: who asks while the queue is full is refused, not made to wait.
final class ServiceThread: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private struct Job {
        let body: @Sendable () -> Void
        let refuse: @Sendable () -> Void
    }

    private static let bound = 64
    private static let pause: UInt64 = 100_000_000

    private let gate = Gate()
    private var jobs: [Job] = []
    private var isClosed = false

    /// Runs until the engine stops; what waits then is refused.
    func loop(_ life: EngineLife) {
        while let job = next(life) { job.body() }
        let left = gate.withLock {
            isClosed = true
            defer { jobs = [] }
            return jobs
        }
        for job in left { job.refuse() }
    }

    /// After the engine was told to stop.
    func wake() {
        gate.withLock {}
        gate.broadcast()
    }

    private func next(_ life: EngineLife) -> Job? {
        while !life.isStopping {
            let job: Job? = gate.withLock {
                _ = gate.wait(atMost: Self.pause, while: { jobs.isEmpty && !life.isStopping })
                return jobs.isEmpty ? nil : jobs.removeFirst()
            }
            if let job { return job }
        }
        return nil
    }

    /// Runs the closure on the thread.
    ///
    /// - Throws: what the closure throws; `.busy` where too much waits, `.shuttingDown`.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws(TenantsError) -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let reply = Reply(continuation)
            let job = Job(
                body: {
                    do throws(TenantsError) { reply.send(.success(try body())) } catch { reply.send(.failure(error)) }
                },
                refuse: { reply.send(.failure(.shuttingDown)) })
            if let refusal = add(job) { reply.send(.failure(refusal)) }
        }
    }

    private func add(_ job: Job) -> TenantsError? {
        let refusal: TenantsError? = gate.withLock {
            if isClosed { return .shuttingDown }
            guard jobs.count < Self.bound else { return .busy(queue: "file service's queue") }
            jobs.append(job)
            return nil
        }
        gate.signal()
        return refusal
    }
}
