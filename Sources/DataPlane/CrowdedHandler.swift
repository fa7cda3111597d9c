import NIOCore
import NIOHTTP1

/// Turns a connection away that is one too many: a 503 without waiting for the request, and the end.
///
/// Like any other last answer it is followed by a short wait for the client's end, in which nothing is kept.
final class CrowdedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: DoorLoop

    init(loop: DoorLoop) { self.loop = loop }

    func channelActive(context: ChannelHandlerContext) {
        loop.counters.add(to: .refusedConnections)
        loop.counters.door.note(status: Int(DoorRefusal.busy.status.code))
        let id = loop.ids.make()
        let shown = loop.shared.rules.body(of: .busy, for: nil, id: id)
        var lines = HeaderLines()
        lines.add("content-type", shown.contentType)
        lines.append("retry-after: 1\r\n")
        let answer = AnswerBytes.whole(
            DoorRefusal.busy.status, lines, body: shown.bytes, traits: AnswerTraits(keepAlive: false),
            stamp: AnswerStamp(lines: loop.shared.lines, id: id))
        context.write(wrapOutboundOut(answer.first), promise: nil)
        if let rest = answer.rest { context.write(wrapOutboundOut(rest), promise: nil) }
        context.flush()
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: loop.shared.limits.linger) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { loop.shared.turnedAway.giveBack(1) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
