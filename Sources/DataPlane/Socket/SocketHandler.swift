import NIOCore
import NIOHTTP1
import NIOWebSocket

/// A connection that has become a WebSocket, up to its last byte. Takes ``DoorHandler``'s place behind NIO's frame decoder
/// and encoder, and in the event loop's list of connections.
///
/// What frames mean is decided by `SocketFraming`, what lasts too long by `SocketClock`; what messages mean, by the guest.
final class SocketHandler: ChannelDuplexHandler, DoorMember {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    enum Phase { case open, closing, closed }

    private let loop: DoorLoop
    private let limits: DoorLimits
    private let guest: any SocketGuest
    private var framing: SocketFraming
    private var clock: SocketClock
    private(set) var phase = Phase.open
    private var context: ChannelHandlerContext?
    private var needsFlush = false
    /// Whether this turn's flush is asked for.
    private var isInFlushList = false
    /// A read that was asked for while input was held back.
    private var heldRead = false
    private var isFramePartial = false
    private var reserved = 0
    /// The client has sent its close frame, or its end.
    private var clientIsDone = false
    private var stall = WriteStall()

    init(loop: DoorLoop, guest: any SocketGuest) {
        self.loop = loop
        limits = loop.shared.limits
        self.guest = guest
        framing = SocketFraming(messageBytes: limits.body)
        clock = SocketClock(limits: limits, now: loop.roughNow)
    }

    /// Puts encoder, decoder and handler at the pipeline's end.
    static func install(in channel: any Channel, loop: DoorLoop, guest: any SocketGuest) throws -> SocketHandler {
        let handler = SocketHandler(loop: loop, guest: guest)
        let decoder = SocketFrameDecoder(loop: loop, messageBytes: loop.shared.limits.body) { [unowned handler] in
            handler.heard(isPartial: $0)
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(WebSocketFrameEncoder())
        // One frame of a burst may close the connection, and what is behind it is not looked at.
        try pipeline.addHandler(ByteToMessageHandler(decoder))
        try pipeline.addHandler(handler)
        return handler
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guest.opened(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        guard phase != .closed else { return }
        phase = .closed
        giveBack()
        guest.ended()
        loop.shared.crowd.giveBack(1)
        loop.closed(self)
    }
}

// MARK: input

extension SocketHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard phase == .open else {
            // Ours was sent; the client's is all that is waited for.
            if frame.opcode == .connectionClose { clientIsDone = true }
            return
        }
        act(framing.take(frame))
    }

    private func act(_ event: SocketFraming.Event) {
        switch event {
        case .nothing: holdFragments()
        case .pong: break
        case .ping(let payload): write(.pong, payload)
        case .message(let message, let isText):
            giveBack()
            clock.used(loop.roughNow)
            guest.received(message, isText: isText)
        case .close(let code):
            clientIsDone = true
            close(SocketClose(code ?? 1000, ""))
        case .violation(let reason): close(reason)
        }
    }

    /// Fragments of large messages count as bodies do.
    private func holdFragments() {
        let owed = framing.heldBytes - (64 << 10) - reserved
        guard owed > 0 else { return }
        guard loop.shared.bodies.take(owed) else { return close(.overloaded) }
        reserved += owed
    }

    private func giveBack() {
        guard reserved > 0 else { return }
        loop.shared.bodies.giveBack(reserved)
        reserved = 0
    }

    /// Bytes have come.
    private func heard(isPartial: Bool) {
        clock.heard(loop.roughNow)
        isFramePartial = isPartial
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        clock.partial(isFramePartial || framing.heldBytes > 0, loop.roughNow)
        flushNow()
        if phase == .closing && clientIsDone { endOutput() }
    }

    private var holdsInput: Bool { phase == .open && !(guest.takesInput && isWritable) }

    func read(context: ChannelHandlerContext) {
        if holdsInput { heldRead = true } else { context.read() }
    }

    func inputMayGoOn() {
        guard heldRead, !holdsInput, let context else { return }
        heldRead = false
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard phase == .open else { return cut() }
        switch error {
        case let error as NIOWebSocketError:
            close(error == .invalidFrameLength ? .tooLarge : .frameInvalid)
        case let reason as SocketClose: close(reason)
        default: cut()
        }
        flushNow()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // No close frame will come: the client is gone, or as good as gone.
            clientIsDone = true
            cut()
        case is ChannelShouldQuiesceEvent: quiesce()
        default: context.fireUserInboundEventTriggered(event)
        }
    }
}

// MARK: output

extension SocketHandler: SocketPort {
    var now: NIODeadline { loop.roughNow }
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func send(_ message: ByteBuffer, isText: Bool) {
        guard phase == .open else { return }
        clock.used(loop.roughNow)
        write(isText ? .text : .binary, message)
    }

    private func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        guard let context else { return }
        loop.counters.add(payload.readableBytes + 2, to: .bytesOut)
        needsFlush = true
        context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: payload)), promise: nil)
        guard !isInFlushList else { return }
        isInFlushList = true
        loop.flushLater(self)
    }

    func flushNow() {
        isInFlushList = false
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall = WriteStall()
        guest.writabilityChanged(context.channel.isWritable)
        if context.channel.isWritable { inputMayGoOn() }
        context.fireChannelWritabilityChanged()
    }

    func close(_ reason: SocketClose) {
        guard phase == .open else { return }
        phase = .closing
        clock.closing(loop.roughNow)
        giveBack()
        guest.ended()
        var payload = ByteBuffer()
        payload.writeInteger(reason.code)
        payload.writeString(reason.reason)
        write(.connectionClose, payload)
        flushNow()
        // Its answer, or its end, must be seen.
        heldRead = false
        context?.read()
        if clientIsDone { endOutput() }
    }

    /// Both have said that they end. The client closes when it has read ours; closing first could overtake it.
    private func endOutput() {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { [self] _ in cut() }
        context.close(mode: .output, promise: promise)
    }

    func quiesce() {
        guard phase == .open else { return }
        guest.quiesce()
        flushNow()
    }

    var isInExchange: Bool { phase == .open && guest.isBusy }

    func cut() {
        guard phase != .closed, let context else { return }
        context.close(mode: .all, promise: nil)
    }

    func sweep() {
        guard let channel = context?.channel else { return }
        if stall.isTooLong(channel, now: loop.roughNow, limits.writeStall) { return cut() }
        if phase == .open { guest.sweep(now: loop.roughNow) }
        switch clock.due(loop.roughNow, isRead: !heldRead, isBusy: phase == .open && guest.isBusy) {
        case .nothing: break
        case .ping: write(.ping, ByteBuffer())
        case .close(let reason): close(reason)
        case .cut: cut()
        }
        flushNow()
    }
}

// MARK: the guest's own requests

extension SocketHandler {
    func ask(
        _ head: HTTPRequestHead, for errand: any AnyObject & Sendable, answer taker: any AnswerTaker,
        pausing bounds: StreamBounds
    ) -> DoorRequest {
        let request = DoorRequest(
            head: head, body: ByteBuffer(), arrival: loop.tick, id: loop.ids.make(), traits: AnswerTraits(),
            mailbox: loop.mailbox)
        request.errand = errand
        request.taker = taker
        request.streamBounds = bounds
        loop.counters.add(to: .dataPlane)
        loop.enqueue(request)
        return request
    }

    func abandon(_ request: DoorRequest, _ stream: DoorStream?) {
        request.cancel()
        loop.shared.service.cancelled(request)
        stream?.clientLeft()
    }

    func note(_ answer: AnswerBytes, to request: DoorRequest) { loop.note(answer, to: request) }
}

@available(*, unavailable)
extension SocketHandler: Sendable {}
