import Hrana
import NIOCore
import Synchronization
import Tenants

/// A query between its request and its answer.
final class QueryExchange: QueryClient, DoorCanceller, @unchecked Sendable {
    // @unchecked: constant, or with a lock of its own.
    private let request: DoorRequest
    private let service: HranaService
    private let call: HranaCall
    private let work = Mutex<QueryWork?>(nil)

    init(_ request: DoorRequest, _ call: HranaCall, _ service: HranaService) {
        self.request = request
        self.call = call
        self.service = service
    }

    func start(_ query: QueryRequest, under key: IdempotencyKey?) {
        let fresh = QueryWork(call, query, under: key, request.id, for: self, service.settings.context)
        work.withLock { $0 = fresh }
        request.onCancel(self)
        service.settings.engine.submit(fresh, to: call.tenant)
    }

    func cancel() {
        guard let work = work.withLock({ $0 }) else { return }
        service.settings.engine.cancel(work, of: call.tenant)
    }

    // MARK: QueryClient

    var isGone: Bool { request.isCancelled }

    func answered(_ work: QueryWork) {
        finish()
        guard service.mayAnswer else { return service.refuse(request, .outcomeUnknown) }
        var body = DoorRequest.bodyBuffer(capacity: work.writer.bytes.count)
        body.writeBytes(work.writer.bytes.bytes)
        service.respond(request, work.answer, body)
    }

    func notRun(_ work: QueryWork, _ error: TenantsError) {
        finish()
        service.notRun(request, call, error)
    }

    /// Breaks the circle through the work.
    private func finish() {
        work.withLock { $0 = nil }
        request.forgetCanceller()
    }
}
