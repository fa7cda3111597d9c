import Lanes
import Vocabulary

/// Uploads whose bytes are there, waiting for a thread that looks at them.
final class UploadRequests: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private static let bound = 64

    private let gate = Gate()
    private var queue: [UploadJob] = []
    private var isClosed = false

    /// - Returns: why it is not taken.
    func add(_ job: UploadJob) -> TenantsError? {
        let refusal: TenantsError? = gate.withLock {
            if isClosed { return .shuttingDown }
            guard queue.count < Self.bound else { return .busy(queue: "line of uploads") }
            queue.append(job)
            return nil
        }
        if refusal == nil { gate.signal() }
        return refusal
    }

    /// Blocks until there is one.
    ///
    /// - Returns: nil when it is time to end.
    func take() -> UploadJob? {
        gate.withLock {
            gate.wait(while: { queue.isEmpty && !isClosed })
            return isClosed ? nil : queue.removeFirst()
        }
    }

    /// What waits is refused.
    func close() {
        let left = gate.withLock {
            isClosed = true
            defer { queue = [] }
            return queue
        }
        gate.broadcast()
        for job in left { job.end(.failure(.content(.engine(.shuttingDown)))) }
    }
}

/// A file that is to be looked at and to take a tenant's place.
final class UploadJob: Sendable {
    let tenant: TenantID
    let watch: UploadWatch
    private let work: @Sendable () -> Result<TenantState, PushFailure>
    private let continuation: CheckedContinuation<TenantState, any Error>

    init(
        _ tenant: TenantID, _ watch: UploadWatch, _ continuation: CheckedContinuation<TenantState, any Error>,
        _ work: @escaping @Sendable () -> Result<TenantState, PushFailure>
    ) {
        self.tenant = tenant
        self.watch = watch
        self.work = work
        self.continuation = continuation
    }

    func run() -> Result<TenantState, PushFailure> { work() }

    /// Once, by whoever has taken it. What became of the file is told as `UploadFailure`.
    func end(_ outcome: Result<TenantState, PushFailure>) {
        continuation.resume(
            with: outcome.mapError { (failure) -> any Error in
                if case .content(let failure) = failure { return failure }
                return failure
            })
    }
}

/// Looks at files, writes them anew and puts them in place. Some threads of it, so that a large one does not hold up all.
struct Uploader {
    let engine: TenantEngine
    static let threads = 2

    func loop() {
        while let job = engine.uploads.take() { job.end(run(job)) }
    }

    private func run(_ job: UploadJob) -> Result<TenantState, PushFailure> {
        if let stop = job.watch.stop { return .failure(.content(.engine(stop))) }
        let outcome = job.run()
        switch outcome {
        case .failure(.content(.engine(.storage(let reason)))):
            engine.context.notices.tell(.uploadFailed(job.tenant, reason: reason))
        case .failure(let failure):
            if case .historyDamaged = failure {
                engine.context.notices.tell(.uploadFailed(job.tenant, reason: failure.description))
            }
        case .success: break
        }
        return outcome
    }
}
