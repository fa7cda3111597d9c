import Cluster
import NIOCore
import NIOHTTP1
import Routing
import Vocabulary

/// One request on its way to its owner and back: does what ``RelayMachine`` says.
// Unchecked: touched on the request's event loop only, which is also the connection's.
final class RelayExchange: @unchecked Sendable {
    let request: DoorRequest
    let loop: RelayLoop
    private(set) var stamp: RelayStamp
    private let owner: NodeID
    private var peer: RelayPeer
    fileprivate var machine: RelayMachine
    private var head: HTTPResponseHead?
    private var gathered = ByteBuffer()
    private var stream: DoorStream?
    /// Bytes of an upload that are sent; nil before its owner wants it.
    fileprivate var uploaded: Int?
    fileprivate var isUploadBusy = false
    /// When it is given up. Moves on while an answer is streamed.
    fileprivate var deadline: NIODeadline
    /// When it is given up if it has no connection by then.
    private let queueDeadline: NIODeadline
    var connection: RelayConnection?
    /// Its body goes after its head, as the owner takes it.
    var isUpload: Bool { request.upload.map { $0.length != 0 } ?? false }

    init(_ request: DoorRequest, stamp: RelayStamp, owner: NodeID, peer: RelayPeer, loop: RelayLoop) {
        self.owner = owner
        self.request = request
        self.stamp = stamp
        self.peer = peer
        self.loop = loop
        machine = RelayMachine(gathered: loop.limits.gathered)
        deadline = request.arrival + loop.limits.time(of: request.head)
        queueDeadline = loop.eventLoop.now + loop.limits.queue
    }

    var isWaiting: Bool { machine.phase == .waiting }

    func start() { peer.send(self, fresh: false) }

    /// The request as it is to be sent, in one piece or two.
    func bytes() -> (ByteBuffer, ByteBuffer?) {
        machine.begin()
        uploaded = nil
        let body = request.body
        let framing = RelayFraming(request)
        let joined = body.readableBytes <= 16 << 10
        var first = ByteBufferAllocator().buffer(capacity: 1024 + (joined ? body.readableBytes : 0))
        loop.client.write(request.head, body: body, framing, to: owner, at: peer.address, stamp: stamp, into: &first)
        guard joined else { return (first, body) }
        first.writeImmutableBuffer(body)
        return (first, nil)
    }

    // MARK: Events

    func written(on connection: RelayConnection) {
        if self.connection === connection { machine.written() }
    }

    func received(_ head: HTTPResponseHead) {
        self.head = head
        let hasBody = request.head.method != .HEAD && head.status.mayHaveResponseBody
        act(
            machine.head(
                status: Int(head.status.code), length: RelayHead.length(head), hasBody: hasBody,
                refusal: head.headers.first(name: InternalHeaders.refused).map(RelayRefusals.failure)))
    }

    func received(_ chunk: ByteBuffer) {
        switch machine.body() {
        case .gather: gather(chunk)
        case .passOn: pass(chunk)
        default: break
        }
    }

    func receivedEnd() { act(machine.end()) }

    /// There is no connection (any more).
    func connectionLost() {
        connection = nil
        act(machine.lost())
    }

    func sweep(now: NIODeadline) {
        guard now >= deadline || isWaiting && now >= queueDeadline else { return }
        act(machine.overdue())
    }

    /// The client is gone.
    func abandon() {
        machine.abandon()
        finish()
    }

    func fail(_ failure: RelayFailure) {
        machine.abandon()
        act(.fail(failure))
    }

    // MARK: Actions

    private func act(_ action: RelayMachine.Action) {
        switch action {
        case .none, .gather, .passOn: break
        case .beginStream(let length): beginStream(length)
        case .answer:
            request.respond(status, lines: lines, body: gathered, isOurs: false)
            finish()
        case .answerHead(let length): answerHead(length)
        case .redirect: redirect()
        case .endStream:
            stream?.end()
            finish()
        case .sendAgain:
            loop.client.counters.note(.repeated)
            peer.send(self, fresh: true)
        case .fail(let failure):
            loop.client.counters.note(.failed)
            if failure == .unrecognised { loop.client.counters.note(.unrecognised) }
            finish()
            RelayRefusals.answer(request, failure)
        case .cut:
            loop.client.counters.note(.failed)
            stream?.abort()
            finish()
        }
    }

    private var status: HTTPResponseStatus {
        guard let head else { return .badGateway }
        // Only this node knows that the tenant is new.
        return request.isCreated && head.status == .ok ? .created : head.status
    }
    private var lines: HeaderLines { HeaderLines(head.map(RelayHead.answerHeaders) ?? []) }

    private func gather(_ chunk: ByteBuffer) {
        if gathered.writerIndex == 0 {
            // The room in front spares the door a copy.
            gathered = DoorRequest.bodyBuffer(capacity: min(head.flatMap(RelayHead.length) ?? 0, loop.limits.gathered))
        }
        guard gathered.readableBytes + chunk.readableBytes <= loop.limits.gathered else {
            // More than its head has said.
            connection?.close()
            return
        }
        gathered.writeImmutableBuffer(chunk)
    }

    private func answerHead(_ length: Int?) {
        if let length, status.mayHaveResponseBody {
            request.beginStream(status, lines: lines, length: length, isOurs: false)?.end()
        } else {
            request.respond(status, lines: lines, isOurs: false)
        }
        finish()
    }

    /// Over with this attempt; the connection is let go first, since the answer may already begin the next one.
    private func redirect() {
        // An answer to HEAD has no body to say it in, and HEAD executes nothing.
        let isHead = request.head.method == .HEAD
        let refusal =
            isHead ? NotOwner(owner: nil, epoch: nil) : NotOwnerBody.decode(Array(gathered.readableBytesView))
        finish()
        guard let refusal else { return RelayRefusals.answer(request, .outcomeUnknown) }
        loop.misdirected(request, stamp, refusal)
    }

    private func finish() {
        loop.ended(self)
        request.upload?.listen(nil)
        guard let connection else { return }
        self.connection = nil
        connection.release(clean: machine.leavesConnectionClean)
    }
}

// MARK: streams

extension RelayExchange {
    private func beginStream(_ length: Int?) {
        stream = request.beginStream(status, lines: lines, length: length, isOurs: false) { [weak self] in
            self?.clientTakes()
        }
        guard stream != nil else { return abandon() }
        deadline = loop.eventLoop.now + loop.limits.streamPause
    }

    private func pass(_ chunk: ByteBuffer) {
        guard let stream else { return }
        deadline = loop.eventLoop.now + loop.limits.streamPause
        switch stream.send(chunk) {
        case .goOn: break
        case .pause: connection?.pause()
        case .gone: abandon()
        }
    }

    /// Also called when the client is gone; then ``abandon()`` has been, or will be.
    private func clientTakes() {
        deadline = loop.eventLoop.now + loop.limits.streamPause
        connection?.resume()
    }
}

// MARK: uploads

extension RelayExchange {
    /// The owner wants the body: from now on it goes on as it comes, one part at a time, so that whoever is slow holds the other up.
    func receivedContinue() {
        guard isUpload, uploaded == nil, connection != nil else { return }
        uploaded = 0
        extend()
        request.upload?.listen { [weak self] in self?.sendOn() }
        request.wantBody()
        sendOn()
    }

    private func extend() { deadline = loop.eventLoop.now + loop.limits.uploadPause }

    private func sendOn() {
        guard let connection, uploaded != nil, !isUploadBusy else { return }
        // A client that has left ends the exchange by itself.
        guard let portion = request.collectBody(), portion.byteCount > 0 || portion.isLast else { return }
        isUploadBusy = true
        machine.consume()
        let isLast = portion.isLast
        uploaded? += portion.byteCount
        connection.send(RelayFraming(request).frame(portion)) { [weak self] in self?.partTaken(isLast) }
    }

    private func partTaken(_ isLast: Bool) {
        isUploadBusy = false
        extend()
        guard isLast else { return sendOn() }
        request.upload?.listen(nil)
        machine.written()
        // What is left is the owner's work on the file.
        let work = TimeAmount.seconds(Int64((uploaded ?? 0) / loop.limits.uploadRate))
        deadline = loop.eventLoop.now + loop.limits.time(of: request.head) + work
    }
}
