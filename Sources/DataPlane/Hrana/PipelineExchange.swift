import Hrana
import NIOCore
import Synchronization
import Tenants
import Vocabulary

/// A pipeline between its request and its answer. Its connection keeps it, with its buffers, for the next one.
final class PipelineExchange: PipelineClient, DoorCanceller, @unchecked Sendable {
    // @unchecked: whoever won `isTaken` owns the rest; the engine's queues order what happens between the threads.
    private let isTaken = Atomic<Bool>(false)
    private let service: HranaService
    private var work: PipelineWork?
    private var request: DoorRequest?
    private var call: HranaCall?
    /// What is with the engine, for whoever cancels.
    private let cancellable = Mutex<(work: PipelineWork, tenant: TenantID)?>(nil)

    init(_ service: HranaService) { self.service = service }

    /// - Returns: false while a request before is not finished: the door may have given its client an answer in its stead.
    func take() -> Bool { isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged }

    /// - Precondition: it was taken.
    func start(
        _ request: DoorRequest, _ call: HranaCall, _ form: PipelineWork.Form, _ requests: [StreamRequest],
        under key: IdempotencyKey? = nil
    ) {
        self.request = request
        self.call = call
        let work = self.work ?? PipelineWork(call, service.settings.context)
        self.work = work
        work.prepare(call, form: form, requests: requests, under: key, for: self)
        cancellable.withLock { $0 = (work, call.tenant) }
        request.onCancel(self)
        service.settings.engine.submit(work, to: call.tenant)
    }

    func cancel() {
        guard let (work, tenant) = cancellable.withLock({ $0 }) else { return }
        service.settings.engine.cancel(work, of: tenant)
    }

    // MARK: PipelineClient

    var isGone: Bool { request?.isCancelled ?? true }

    func answered(_ work: PipelineWork) {
        let answer = work.answer
        var body = DoorRequest.bodyBuffer(capacity: work.writer.bytes.count)
        body.writeBytes(work.writer.bytes.bytes)
        guard let (request, _) = end(work) else { return }
        guard service.mayAnswer else { return service.refuse(request, .outcomeUnknown) }
        service.respond(request, answer, body)
    }

    func notRun(_ work: PipelineWork, _ error: TenantsError) {
        guard let (request, call) = end(work) else { return }
        service.notRun(request, call, error)
    }

    /// Before the answer goes out: with it the connection's next request may come, on another thread. The request is let
    /// go of too, since it leads to the connection, which leads here.
    private func end(_ work: PipelineWork) -> (DoorRequest, HranaCall)? {
        guard let request, let call else { return nil }
        self.request = nil
        self.call = nil
        cancellable.withLock { $0 = nil }
        work.forget()
        isTaken.store(false, ordering: .releasing)
        return (request, call)
    }
}
