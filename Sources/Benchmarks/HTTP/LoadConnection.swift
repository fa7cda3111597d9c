import NIOCore
import Seams

/// One keep-alive connection in a closed loop: the next request leaves when the answer to the last has arrived.
final class LoadConnection: ChannelInboundHandler, @unchecked Sendable {
    // @unchecked: touched on its event loop only.
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: LoadLoop
    private var context: ChannelHandlerContext?
    /// The start of an answer that came in several reads.
    private var partial: ByteBuffer?
    private var request = ByteBuffer()
    private var sent = Instant(nanoseconds: 0)
    private(set) var isWaiting = false

    init(_ loop: LoadLoop) { self.loop = loop }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// The first request of a run; on the connection's loop.
    func begin() {
        guard let context, !isWaiting else { return }
        guard context.channel.isActive else { return loop.noteBroken("the server closed a connection") }
        send(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if var earlier = partial {
            earlier.writeBuffer(&bytes)
            bytes = earlier
            partial = nil
        }
        switch bytes.withUnsafeReadableBytes(AnswerScanner.scan) {
        case .incomplete: partial = bytes
        case .complete(let length, let failure):
            isWaiting = false
            let isAll = length == bytes.readableBytes
            loop.count(isAll ? failure : "more than one answer to a request", sent: sent)
            if loop.isRunning { send(context) }
        case .broken(let reason):
            isWaiting = false
            loop.noteBroken(reason)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isWaiting { loop.noteBroken("the server closed a connection") }
        isWaiting = false
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isWaiting { loop.noteBroken("\(error)") }
        isWaiting = false
        context.close(promise: nil)
    }

    private func send(_ context: ChannelHandlerContext) {
        request.clear()
        loop.write(into: &request)
        sent = loop.now
        isWaiting = true
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }
}
