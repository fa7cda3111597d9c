import NIOCore
import NIOHTTP1

/// One connection, from its first byte to its last.
///
/// Sits behind NIO's HTTP/1 parser and encoder. Requests of ours are gathered, handed over through ``DoorLoop``, and
/// their answers written as finished bytes past the encoder; the first request that is not ours attaches the tail
/// behind this handler, and from then on such requests are passed on to it, each when its turn has come. What to do is
/// decided by ``ConnectionMachine``; this is the shell that does it, in four files: input, answers, the tail, the end.
final class DoorHandler: ChannelDuplexHandler, RemovableChannelHandler, DoorMember, AnswerTaker {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let loop: DoorLoop
    let limits: DoorLimits
    var machine: ConnectionMachine
    var backlog: Backlog
    var context: ChannelHandlerContext?
    /// The encoder's context: what is written there passes the encoder by.
    var wire: ChannelHandlerContext?

    /// The head of the request that is coming in or being answered.
    var head: HTTPRequestHead?
    var facts: HeadFacts?
    /// Its body as far as it is there, and how much of that was taken from the node's budget.
    var body = ByteBuffer()
    var reserved = 0
    /// With the service.
    var current: DoorRequest?
    /// The last one, to be used again if nobody else holds it.
    var spare: DoorRequest?
    var stream: StreamProgress?

    /// Set by anything written that is not flushed.
    var needsFlush = false
    /// The client has sent its end.
    var inputEnded = false
    /// Whether this burst of input held any part, and since when a head has been incomplete.
    var sawPart = false
    var headSince: NIODeadline?
    /// A read that was asked for while the backlog was full.
    var heldRead = false
    var isPumping = false
    var isFinished = false

    var hasTail = false
    /// When the tail's current request was complete; nil before.
    var tailArrival: NIODeadline?
    /// The tail was told that no more requests will come.
    var toldTailOfEnd = false
    var tailNeedsReadComplete = false
    /// The tail's current answer has a head only.
    var hidesTailBody = false

    var stall = WriteStall()

    let encoder: HTTPResponseEncoder
    let parser: DoorParser

    init(loop: DoorLoop, encoder: HTTPResponseEncoder, parser: DoorParser) {
        self.loop = loop
        limits = loop.shared.limits
        machine = ConnectionMachine(limits: loop.shared.limits, now: loop.roughNow)
        backlog = Backlog(limits: loop.shared.limits)
        self.encoder = encoder
        self.parser = parser
    }

    /// Builds a connection's pipeline: parser, encoder, this. On the event loop.
    static func install(in channel: any Channel, loop: DoorLoop) throws {
        let encoder = HTTPResponseEncoder()
        let decoder = MeteredDecoder(limits: loop.shared.limits, counters: loop.counters)
        let pipeline = channel.pipeline.syncOperations
        // Bytes behind a request that asks to upgrade stay in the parser; they are not to pile up there.
        let parser = DoorParser(
            decoder: decoder,
            handler: ByteToMessageHandler(decoder, maximumBufferSize: loop.shared.limits.head + (64 << 10)))
        try pipeline.addHandler(parser.handler)
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(DoorHandler(loop: loop, encoder: encoder, parser: parser))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        wire = try? context.pipeline.syncOperations.context(handler: encoder)
        precondition(wire != nil, "the encoder is in the pipeline before its user")
        loop.opened(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
        wire = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall = WriteStall()
        if hasTail { context.fireChannelWritabilityChanged() }
        if context.channel.isWritable {
            pump()
            flushNow()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            inputEnded = true
            machine.inputEnded(now: loop.roughNow)
            afterInputEnded()
        case is ChannelShouldQuiesceEvent:
            // The tail never hears of it: what is in flight is finished first, and then there is no connection.
            quiesce()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Nothing will be read or written any more.
    private func leave() {
        guard machine.phase != .closed else { return }
        machine.close()
        releaseBody()
        backlog.removeAll()
        if let request = current {
            current = nil
            request.taker = nil
            request.cancel()
            let left = stream?.stream
            stream = nil
            loop.shared.service.cancelled(request)
            left?.clientLeft()
        }
        loop.shared.crowd.giveBack(1)
        loop.closed(self)
    }
}

/// NIO's parser, and the handler that feeds it.
struct DoorParser {
    let decoder: MeteredDecoder
    let handler: ByteToMessageHandler<MeteredDecoder>
}

/// How far a streamed answer has come.
struct StreamProgress {
    let stream: DoorStream
    var sent = 0
}

@available(*, unavailable)
extension DoorHandler: Sendable {}
