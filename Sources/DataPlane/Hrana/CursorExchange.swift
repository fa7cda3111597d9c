import Hrana
import NIOCore
import Synchronization
import Tenants

/// A cursor between its request and the end of its answer. What fits into one part is answered at once; else the parts are
/// streamed, each made only when the client has taken most of those before.
final class CursorExchange: CursorClient, DoorCanceller, @unchecked Sendable {
    // @unchecked: `work` and `stream` belong to whoever holds the work; `flow` has a lock of its own.
    private struct Flow {
        /// The door said to pause.
        var isPaused = false
        /// It said to go on before the pause was noted.
        var mayGoOn = false
        var isGone = false
    }

    private let request: DoorRequest
    private let service: HranaService
    private let call: HranaCall
    /// The same, for whoever cancels.
    private let cancellable = Mutex<CursorWork?>(nil)
    private var work: CursorWork?
    private var stream: DoorStream?
    private let flow = Mutex(Flow())

    init(_ request: DoorRequest, _ call: HranaCall, _ service: HranaService) {
        self.request = request
        self.call = call
        self.service = service
    }

    func start(_ batch: Batch) {
        let fresh = CursorWork(call, batch, for: self, service.settings.context)
        work = fresh
        cancellable.withLock { $0 = fresh }
        request.onCancel(self)
        goOn()
    }

    /// A statement that runs ends; one that stands between two parts ends when its stream is told.
    func cancel() {
        guard let work = cancellable.withLock({ $0 }) else { return }
        service.settings.engine.cancel(work, of: call.tenant)
    }

    private func goOn() {
        guard let work else { return }
        service.settings.engine.submit(work, to: call.tenant)
    }

    /// The work is handed over once more, so that its statement ends.
    private func giveUp() {
        flow.withLock { $0.isGone = true }
        goOn()
    }

    // MARK: CursorClient

    var isGone: Bool { request.isCancelled || flow.withLock { $0.isGone } }

    func advanced(_ work: CursorWork) {
        guard service.mayAnswer else { return lose(work) }
        if let stream { return send(work, to: stream) }
        if work.isLast {
            var body = DoorRequest.bodyBuffer(capacity: work.writer.bytes.count)
            body.writeBytes(work.writer.bytes.bytes)
            finish()
            return service.respond(request, work.answer, body)
        }
        guard let begun = service.beginStream(request, work.answer, onWritable: { [self] in becameWritable() }) else {
            return giveUp()
        }
        stream = begun
        send(work, to: begun)
    }

    func notRun(_ work: CursorWork, _ error: TenantsError) {
        finish()
        service.notRun(request, call, error)
    }

    // MARK: Parts

    private func send(_ work: CursorWork, to stream: DoorStream) {
        let verdict = stream.send(ByteBuffer(bytes: work.writer.bytes.bytes))
        if work.isLast {
            stream.end()
            return finish()
        }
        switch verdict {
        case .goOn: goOn()
        case .gone: giveUp()
        case .pause: if !pauses() { goOn() }
        }
    }

    /// - Returns: false if the door has said meanwhile that it goes on.
    private func pauses() -> Bool {
        flow.withLock { flow in
            flow.isPaused = !flow.mayGoOn
            flow.mayGoOn = false
            return flow.isPaused
        }
    }

    /// On the event loop: the client has taken enough, or is gone.
    private func becameWritable() {
        let wasPaused = flow.withLock { flow in
            defer { flow.isPaused = false }
            flow.mayGoOn = !flow.isPaused
            return flow.isPaused
        }
        if wasPaused { goOn() }
    }

    /// The node may not answer any more. An answer that has begun is cut off: nobody takes it for whole.
    private func lose(_ work: CursorWork) {
        if let stream { stream.abort() } else { service.refuse(request, .outcomeUnknown) }
        if work.isLast { finish() } else { giveUp() }
    }

    /// Also breaks the circles through the work and through `onWritable`.
    private func finish() {
        stream = nil
        work = nil
        cancellable.withLock { $0 = nil }
        request.forgetCanceller()
    }
}
