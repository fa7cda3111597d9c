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
        for job in left { job.end(.failure(.engine(.shuttingDown))) }
    }
}

/// An uploaded file that is to become a tenant.
final class UploadJob: Sendable {
    let upload: TenantUpload
    let expected: BookmarkCondition
    let watch: UploadWatch
    private let continuation: CheckedContinuation<TenantState, any Error>

    init(
        _ upload: TenantUpload, _ expected: BookmarkCondition, _ watch: UploadWatch,
        _ continuation: CheckedContinuation<TenantState, any Error>
    ) {
        self.upload = upload
        self.expected = expected
        self.watch = watch
        self.continuation = continuation
    }

    /// Once, by whoever has taken it.
    func end(_ outcome: Result<TenantState, UploadFailure>) { continuation.resume(with: outcome.mapError { $0 }) }
}

/// Looks at uploads, writes them anew and puts them in place. Some threads of it, so that a large file does not hold up all.
struct Uploader {
    let engine: TenantEngine
    static let threads = 2

    func loop() {
        while let job = engine.uploads.take() { job.end(run(job)) }
    }

    private func run(_ job: UploadJob) -> Result<TenantState, UploadFailure> {
        do throws(UploadFailure) {
            try job.watch.check()
            let upload = job.upload
            let uploaded = try UploadCopy(
                engine, upload.tenant, path: upload.path, byteCount: upload.byteCount, watch: job.watch
            ).make()
            // The room is there for something else while writers are waited for.
            upload.discard()
            let replacer = Replacer(
                engine: engine, tenant: upload.tenant, expected: job.expected, watch: job.watch)
            return .success(try replacer.replace(by: uploaded))
        } catch {
            if case .engine(.storage(let reason)) = error {
                engine.context.notices.tell(.uploadFailed(job.upload.tenant, reason: reason))
            }
            return .failure(error)
        }
    }
}
