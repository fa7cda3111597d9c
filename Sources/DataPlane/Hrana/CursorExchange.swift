import Hrana
import NIOCore
import NIOHTTP1
import Synchronization
import Tenants
import Vocabulary

/// One cursor and the client that takes its rows: a part is made when the one before was taken.
final class CursorExchange: CursorClient {
    private struct State {
        var stream: DoorStream?
        /// The work, while it waits for the client to take what was sent.
        var resting: CursorWork?
    }

    private let request: DoorRequest
    private let service: HranaService
    private let tenant = Mutex<TenantID?>(nil)
    private let state = Mutex(State())

    init(_ request: DoorRequest, _ service: HranaService) {
        self.request = request
        self.service = service
    }

    var isGone: Bool { request.isCancelled }

    func start(_ call: HranaCall, _ batch: Batch) {
        tenant.withLock { $0 = call.tenant }
        submit(CursorWork(call, batch, for: self, service.settings.context))
    }

    private func submit(_ work: CursorWork) {
        guard let tenant = tenant.withLock({ $0 }) else { return }
        service.settings.engine.submit(work, to: tenant)
    }

    func notRun(_ work: CursorWork, _ error: TenantsError) { service.refuse(request, TransportError(error)) }

    func advanced(_ work: CursorWork) {
        guard service.mayAnswer else { return cut(work) }
        let part = ByteBuffer(bytes: work.writer.bytes.bytes)
        if let stream = state.withLock({ $0.stream }) {
            return go(on: work, stream.send(part), stream)
        }
        let answer = work.answer
        var headers = service.headers(request, answer.contentType, answer.bookmark)
        if let seconds = answer.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        let status = HTTPResponseStatus(statusCode: answer.status)
        if work.isLast {
            request.respond(status, headers: headers, body: part)
            return
        }
        guard let stream = request.beginStream(status, headers: headers, onWritable: { self.wake() }) else {
            return submit(work)
        }
        state.withLock { $0.stream = stream }
        go(on: work, stream.send(part), stream)
    }

    private func go(on work: CursorWork, _ verdict: DoorStream.Verdict, _ stream: DoorStream) {
        if work.isLast { return stream.end() }
        switch verdict {
        case .goOn, .gone: submit(work)
        case .pause:
            state.withLock { $0.resting = work }
            // The client may have taken everything, or gone, in between.
            if stream.isWritable { wake() }
        }
    }

    /// On the event loop: the client has taken what it was sent, or is gone.
    private func wake() {
        let work = state.withLock { state in
            defer { state.resting = nil }
            return state.resting
        }
        if let work { submit(work) }
    }

    private func cut(_ work: CursorWork) {
        if let stream = state.withLock({ $0.stream }) {
            stream.abort()
        } else {
            service.refuse(request, .outcomeUnknown)
        }
        if !work.isLast { submit(work) }
    }
}
