import NIOCore
import NIOHTTP1
import NIOWebSocket

/// A connection becomes a WebSocket.
extension DoorHandler {
    /// The service takes the client's offer: the answer is written, and the pipeline is another one from here on.
    func becomeSocket(_ acceptance: SocketAcceptance, _ request: DoorRequest) {
        guard let context, let headers = switchingHeaders(request.head, context.channel) else {
            return refuse(.socketInvalid)
        }
        loop.counters.data.note(status: 101)
        var head = HeaderLines()
        head.append("HTTP/1.1 101 Switching Protocols\r\n")
        for (name, value) in headers { head.add(name, value) }
        if let name = acceptance.subprotocol { head.add("sec-websocket-protocol", name) }
        AnswerStamp(lines: loop.shared.lines, id: request.id).write(into: &head)
        head.append("\r\n")
        writeRaw(head.withBytes { ByteBuffer(bytes: $0) })
        flushNow()
        handOn(to: acceptance.guest, context)
    }

    /// NIO's upgrader checks the client's headers and makes the accepting ones.
    private func switchingHeaders(_ head: HTTPRequestHead, _ channel: any Channel) -> HTTPHeaders? {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        var headers: HTTPHeaders?
        upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated().whenSuccess { headers = $0 }
        return headers
    }

    /// The parser goes last: it still holds what the client has sent behind its request.
    private func handOn(to guest: any SocketGuest, _ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        let channel = context.channel
        let (loop, parser, encoder) = (loop, parser, encoder)
        current?.taker = nil
        current = nil
        spare = nil
        machine.close()
        do {
            let socket = try SocketHandler.install(in: channel, loop: loop, guest: guest)
            loop.replace(self, by: socket)
        } catch {
            loop.shared.crowd.giveBack(1)
            loop.closed(self)
            return context.close(mode: .all, promise: nil)
        }
        pipeline.removeHandler(self, promise: nil)
        pipeline.removeHandler(encoder, promise: nil)
        parser.decoder.forwardsRest = true
        pipeline.removeHandler(parser.handler, promise: nil)
    }
}
