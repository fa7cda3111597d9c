import NIOCore
import NIOHTTP1
import NIOWebSocket

/// A connection that has become a WebSocket, up to its last byte. Takes ``DoorHandler``'s place behind NIO's frame decoder
/// and encoder, and in the event loop's list of connections.
///
/// What frames mean is decided by `SocketFraming`, what lasts too long by `SocketClock`; what messages mean, by the guest.
/// This is the shell that does it, in three files: the connection's life, input, output.
final class SocketHandler: ChannelDuplexHandler, DoorMember {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    enum Phase { case open, closing, closed }

    let loop: DoorLoop
    let limits: DoorLimits
    let guest: any SocketGuest
    var framing: SocketFraming
    var clock: SocketClock
    var phase = Phase.open
    var context: ChannelHandlerContext?
    var needsFlush = false
    /// Whether this turn's flush is asked for.
    var isInFlushList = false
    /// A read that was asked for while input was held back.
    var heldRead = false
    var isFramePartial = false
    /// The client has sent its close frame, or its end.
    var clientIsDone = false
    /// Our close frame has left.
    var isCloseSent = false
    var isOutputEnded = false
    var pongs = SocketPongs()
    var stall = WriteStall()
    /// Of the node's bodies: for frames and messages that are not whole; for the guest, and what the client does not take.
    var parts: BudgetShare
    var share: BudgetShare
    var guestBytes = 0
    /// Bytes of each that are not counted.
    private static let free = 64 << 10

    init(loop: DoorLoop, guest: any SocketGuest) {
        self.loop = loop
        limits = loop.shared.limits
        self.guest = guest
        framing = SocketFraming(messageBytes: limits.body)
        clock = SocketClock(limits: limits, now: loop.roughNow)
        parts = BudgetShare(of: loop.shared.bodies, free: Self.free)
        share = BudgetShare(of: loop.shared.bodies, free: Self.free)
    }

    /// Puts encoder, decoder and handler at the pipeline's end.
    static func install(in channel: any Channel, loop: DoorLoop, guest: any SocketGuest) throws -> SocketHandler {
        let handler = SocketHandler(loop: loop, guest: guest)
        let decoder = SocketFrameDecoder(loop: loop, handler: handler)
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
        guest.ended()
        parts.giveBack()
        share.giveBack()
        loop.shared.crowd.giveBack(1)
        loop.closed(self)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: inputEnded()
        case is ChannelShouldQuiesceEvent: quiesce()
        default: context.fireUserInboundEventTriggered(event)
        }
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
        let isEnding = phase == .closing && !isCloseSent
        if stall.isTooLong(channel, now: loop.roughNow, limits.writeStall, isEnding: isEnding) { return cut() }
        if phase == .open { guest.sweep(now: loop.roughNow) }
        holdUnsent()
        if phase == .open || isCloseSent { actOnClock() }
        flushNow()
    }

    private func actOnClock() {
        switch clock.due(loop.roughNow, isRead: !heldRead, isBusy: phase == .open && guest.isBusy) {
        case .nothing: break
        case .ping: write(.ping, ByteBuffer())
        case .close(let reason): close(reason)
        case .cut: cut()
        }
    }
}

// MARK: the guest's own requests

extension SocketHandler {
    func ask(
        _ head: HTTPRequestHead, for errand: any AnyObject & Sendable, bytes: Int, answer taker: any AnswerTaker,
        pausing bounds: StreamBounds
    ) -> DoorRequest {
        let request = DoorRequest(
            head: head, body: ByteBuffer(), arrival: loop.tick, id: loop.ids.make(), traits: AnswerTraits(),
            mailbox: loop.mailbox)
        request.errand = errand
        request.errandBytes = bytes
        request.taker = taker
        request.streamBounds = bounds
        loop.counters.add(to: .dataPlane)
        loop.enqueue(request)
        return request
    }

    func abandon(_ request: DoorRequest, _ stream: DoorStream?) {
        request.cancel()
        loop.shared.service.cancelled(request)
        guard let stream else { return }
        // Nothing more of it will be heard of, and taker, stream and request would hold each other for good.
        request.taker = nil
        stream.clientLeft()
    }

    func note(_ answer: AnswerBytes, to request: DoorRequest) { loop.note(answer, to: request) }
}

@available(*, unavailable)
extension SocketHandler: Sendable {}
