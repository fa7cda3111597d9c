import NIOCore
import NIOHTTP1

/// Requests come in.
extension DoorHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        sawPart = true
        guard !machine.ignoresInput else { return }
        let part = unwrapInboundIn(data)
        if backlog.isEmpty && takesNow(.part(part)) {
            process(.part(part))
        } else {
            backlog.append(.part(part))
            if backlog.isFlooded { cut() }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        noteIncompleteHead()
        flushNow()
        if hasTail {
            tailNeedsReadComplete = false
            context.fireChannelReadComplete()
        }
        // A tail that has finished reads no more, but we wait for the client's end.
        if machine.phase == .lingering { context.read() }
    }

    /// Bytes have come and no part of a request: somebody has begun a head. This does not see a head begun in the same
    /// burst in which another request ended; that one is seen with its next bytes, or is idle.
    private func noteIncompleteHead() {
        if !sawPart && machine.phase == .idle && backlog.isEmpty && !inputEnded && headSince == nil {
            headSince = loop.roughNow
        }
        sawPart = false
    }

    func read(context: ChannelHandlerContext) {
        if backlog.isFull && !machine.ignoresInput {
            heldRead = true
        } else {
            context.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !machine.ignoresInput else { return }
        let refusal: DoorRefusal?
        switch error {
        case HTTPParserError.invalidEOFState: refusal = nil
        case HTTPParserError.headerOverflow: refusal = .headTooLarge
        case is HTTPParserError: refusal = .malformed
        case is ByteToMessageDecoderError: return
        default:
            cut()
            return
        }
        if backlog.isEmpty && takesNow(.broken(refusal)) {
            process(.broken(refusal))
        } else {
            backlog.append(.broken(refusal))
        }
        flushNow()
    }

    /// Goes on with what was sent ahead, as far as possible.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        while let item = backlog.first, takesNow(item) {
            process(backlog.removeFirst())
        }
        isPumping = false
        if machine.ignoresInput { backlog.removeAll() }
        if tailNeedsReadComplete, let context {
            tailNeedsReadComplete = false
            context.fireChannelReadComplete()
        }
        if heldRead && !backlog.isFull, let context {
            heldRead = false
            context.read()
        }
        if inputEnded { afterInputEnded() }
    }

    /// A new request waits until the client takes what is written: otherwise one that never reads could have us pile
    /// up answers.
    private func takesNow(_ item: Backlog.Item) -> Bool {
        switch item {
        case .part(.head): machine.takes(head: true) && context?.channel.isWritable == true
        case .part: machine.takes(head: false)
        case .broken: machine.takes(head: true) || machine.takes(head: false)
        }
    }

    private func process(_ item: Backlog.Item) {
        switch item {
        case .part(.head(let head)): begin(head)
        case .part(.body(let chunk)): take(chunk)
        case .part(.end(let trailers)): endRequest(trailers)
        case .broken(let refusal): breakOff(refusal)
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        headSince = nil
        self.head = head
        let now = loop.roughNow
        let beginning: ConnectionMachine.Beginning
        switch HeadInspection.inspect(head) {
        case .broken(let refusal):
            facts = nil
            beginning = machine.beginBroken(refusal, now: now)
        case .unwanted(let refusal, let facts):
            self.facts = facts
            beginning = machine.begin(.refuse(refusal), facts, now: now)
        case .sound(let facts):
            self.facts = facts
            if let path = HeadInspection.originForm(of: head.uri) { self.head?.uri = path }
            beginning = machine.begin(loop.shared.rules.classify(self.head ?? head), facts, now: now)
        }
        switch beginning {
        case .collect(let sendContinue):
            if sendContinue { writeContinue() }
        case .handOver: handOver(DoorUpload(length: facts.flatMap { $0.isChunked ? nil : $0.contentLength ?? 0 }))
        case .forward(let sendContinue):
            if sendContinue { writeContinue() }
            beginTail(self.head ?? head)
        case .discard: break
        case .refuse(let refusal): refuse(refusal)
        }
    }

    private func take(_ chunk: ByteBuffer) {
        switch machine.body(chunk.readableBytes, now: loop.roughNow) {
        case .keep: keep(chunk)
        case .forward: forwardToTail(.body(chunk))
        case .drop: releaseBody()
        case .deliver:
            if current?.upload?.push(chunk) ?? false { machine.hold(true, now: loop.roughNow) }
        case .refuse(let refusal):
            releaseBody()
            refuse(refusal)
        case .giveUp(let refusal): refuseLate(refusal)
        case .cut: cut()
        }
    }

    private func keep(_ chunk: ByteBuffer) {
        if body.readableBytes == 0 {
            body = chunk
            return
        }
        let total = body.readableBytes + chunk.readableBytes
        let owed = total - (64 << 10) - reserved
        if owed > 0 {
            guard loop.shared.bodies.take(owed) else {
                releaseBody()
                machine.discard(because: .busy)
                return
            }
            reserved += owed
        }
        body.writeImmutableBuffer(chunk)
    }

    func releaseBody() {
        body = ByteBuffer()
        if reserved > 0 {
            loop.shared.bodies.giveBack(reserved)
            reserved = 0
        }
    }

    /// Trailers of our own requests are dropped, never merged into the headers.
    private func endRequest(_ trailers: HTTPHeaders?) {
        switch machine.end(now: loop.roughNow) {
        case .handOver: handOver(nil)
        case .deliver: current?.upload?.end(isWhole: true)
        case .forward:
            tailArrival = loop.now
            forwardToTail(.end(trailers))
            settleTail(machine.tailSettled(now: loop.roughNow))
        case .refuse(let refusal): refuse(refusal)
        case .ignore: break
        }
    }

    private func handOver(_ upload: DoorUpload?) {
        guard let head, let facts else { return }
        let traits = AnswerTraits(isHead: facts.isHead, isOld: facts.isOld, keepAlive: !machine.endsAfterAnswer)
        let request: DoorRequest
        if isKnownUniquelyReferenced(&spare), let used = spare {
            used.renew(head: head, body: body, arrival: loop.tick, id: loop.ids.make(), traits: traits)
            request = used
        } else {
            request = DoorRequest(
                head: head, body: body, arrival: loop.tick, id: loop.ids.make(), traits: traits, mailbox: loop.mailbox)
            request.companion = spare?.companion
        }
        spare = nil
        request.upload = upload
        // The request holds the body now; what it took from the budget is given back with its answer.
        body = ByteBuffer()
        request.taker = self
        current = request
        loop.counters.add(to: .dataPlane)
        loop.enqueue(request)
    }

    /// The service has taken what there was of an upload, or wants it to begin.
    func uploadHasRoom(_ request: DoorRequest) {
        guard request === current, machine.phase == .receiving else { return }
        if facts?.expectsContinue ?? false, facts?.hasBody ?? false {
            facts?.expectsContinue = false
            writeContinue()
            flushNow()
        }
        machine.hold(false, now: loop.roughNow)
        pump()
    }

    /// The parser has given up, and everything before is answered.
    private func breakOff(_ refusal: DoorRefusal?) {
        switch (machine.phase, refusal) {
        case (.tail, let refusal?) where !machine.tailAnswering:
            facts = nil
            refuse(refusal)
        case (.idle, let refusal?), (.collecting, let refusal?), (.discarding, let refusal?):
            facts = nil
            // There is a head only if it was the body that broke.
            if machine.phase == .idle { head = nil }
            _ = machine.beginBroken(refusal, now: loop.roughNow)
            refuse(refusal)
        case (.closed, _): break
        case (.receiving, let refusal?): refuseLate(refusal)
        case (.receiving, nil): cut()
        // The rest will never come; what is written still goes out.
        default: finish()
        }
    }
}
