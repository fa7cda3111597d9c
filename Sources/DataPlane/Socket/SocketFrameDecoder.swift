import NIOCore
import NIOWebSocket

/// NIO's frame decoder, with what it is fed counted, and what it gathers of large frames on the node's bill.
final class SocketFrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = WebSocketFrame

    private var inner: WebSocketFrameDecoder
    private let loop: DoorLoop
    /// Behind this in the pipeline.
    private let handler: SocketHandler
    private var messageBytes: Int
    private var left = 0
    /// NIO's decoder has taken the head of a frame, or some of it.
    private var isInFrame = false

    init(loop: DoorLoop, handler: SocketHandler) {
        messageBytes = handler.messageBytes
        inner = Self.decoder(messageBytes)
        self.loop = loop
        self.handler = handler
    }

    private static func decoder(_ messageBytes: Int) -> WebSocketFrameDecoder {
        WebSocketFrameDecoder(maxFrameSize: min(messageBytes, Int(UInt32.max)))
    }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        loop.counters.add(max(0, buffer.readableBytes - left), to: .bytesIn)
        defer { left = buffer.readableBytes }
        if !isInFrame { bound(handler.messageBytes) }
        let before = buffer.readableBytes
        let state = try inner.decode(context: context, buffer: &buffer)
        isInFrame = state == .needMoreData && (isInFrame || buffer.readableBytes < before)
        handler.heard(isPartial: isInFrame || buffer.readableBytes > 0)
        guard handler.holdPart(state == .needMoreData ? buffer.readableBytes : 0) else { throw SocketClose.overloaded }
        return state
    }

    /// Between two frames.
    private func bound(_ bytes: Int) {
        guard bytes != messageBytes else { return }
        messageBytes = bytes
        inner = Self.decoder(bytes)
    }

    /// A frame that the connection's end has cut off is nobody's.
    func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        var state = DecodingState.continue
        while state == .continue {
            if !isInFrame { bound(handler.messageBytes) }
            state = try inner.decode(context: context, buffer: &buffer)
            isInFrame = isInFrame && state == .needMoreData
        }
        buffer.clear()
        return .needMoreData
    }
}
