import NIOCore
import NIOWebSocket

/// NIO's frame decoder, with what it is fed counted, and what it gathers of large frames taken from the node's budget.
final class SocketFrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = WebSocketFrame

    private let inner: WebSocketFrameDecoder
    private let loop: DoorLoop
    private let onBytes: (_ isPartial: Bool) -> Void
    private var left = 0
    private var reserved = 0
    /// Bytes of an incomplete frame that are not counted.
    private static let free = 64 << 10

    /// - Parameter onBytes: told after each piece of input whether a frame is incomplete.
    init(loop: DoorLoop, messageBytes: Int, onBytes: @escaping (_ isPartial: Bool) -> Void) {
        inner = WebSocketFrameDecoder(maxFrameSize: min(messageBytes, Int(UInt32.max)))
        self.loop = loop
        self.onBytes = onBytes
    }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        loop.counters.add(max(0, buffer.readableBytes - left), to: .bytesIn)
        defer { left = buffer.readableBytes }
        let state = try inner.decode(context: context, buffer: &buffer)
        onBytes(buffer.readableBytes > 0)
        guard state == .needMoreData else {
            giveBack()
            return state
        }
        let owed = buffer.readableBytes - Self.free - reserved
        if owed > 0 {
            guard loop.shared.bodies.take(owed) else { throw SocketClose.overloaded }
            reserved += owed
        }
        return state
    }

    /// A frame that the connection's end has cut off is nobody's.
    func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        var state = DecodingState.continue
        while state == .continue { state = try inner.decode(context: context, buffer: &buffer) }
        buffer.clear()
        return .needMoreData
    }

    func decoderRemoved(context: ChannelHandlerContext) { giveBack() }

    private func giveBack() {
        guard reserved > 0 else { return }
        loop.shared.bodies.giveBack(reserved)
        reserved = 0
    }
}
