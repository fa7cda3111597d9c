import Hrana
import NIOCore
import NIOHTTP1
import Synchronization
import Tenants

/// One request and the work that answers it; kept by its connection for the next.
final class PipelineExchange: PipelineClient {
    private struct State {
        var request: DoorRequest
        var isBusy = false
    }

    private let state: Mutex<State>
    private let work = Mutex<PipelineWork?>(nil)
    private let service = Mutex<HranaService?>(nil)

    init(_ request: DoorRequest) { state = Mutex(State(request: request)) }

    var request: DoorRequest {
        get { state.withLock { $0.request } }
        set { state.withLock { $0.request = newValue } }
    }

    var isFree: Bool { state.withLock { !$0.isBusy } }
    var isGone: Bool { request.isCancelled }

    func start(_ call: HranaCall, _ form: PipelineWork.Form, _ requests: [StreamRequest], _ service: HranaService) {
        state.withLock { $0.isBusy = true }
        self.service.withLock { $0 = service }
        let work = self.work.withLock { kept in
            if let kept { return kept }
            let fresh = PipelineWork(call, service.settings.context)
            kept = fresh
            return fresh
        }
        work.prepare(call, form: form, requests: requests, for: self)
        service.settings.engine.submit(work, to: call.tenant)
    }

    func answered(_ work: PipelineWork) {
        guard let service = service.withLock({ $0 }) else { return }
        let request = end()
        guard service.mayAnswer else { return service.refuse(request, .outcomeUnknown) }
        let answer = work.answer
        var headers = service.headers(request, answer.contentType, answer.bookmark)
        if let seconds = answer.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        var body = DoorRequest.bodyBuffer(capacity: work.writer.bytes.count)
        body.writeBytes(work.writer.bytes.bytes)
        request.respond(HTTPResponseStatus(statusCode: answer.status), headers: headers, body: body)
    }

    func notRun(_ work: PipelineWork, _ error: TenantsError) {
        guard let service = service.withLock({ $0 }) else { return }
        service.refuse(end(), TransportError(error))
    }

    private func end() -> DoorRequest {
        state.withLock { state in
            state.isBusy = false
            return state.request
        }
    }
}
