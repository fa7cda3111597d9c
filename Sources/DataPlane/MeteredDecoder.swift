import NIOCore
import NIOHTTP1

/// NIO's HTTP/1 parser, with what it is fed counted.
final class MeteredDecoder: ByteToMessageDecoder {
    typealias InboundOut = HTTPServerRequestPart

    private let inner: HTTPRequestDecoder
    private let counters: DoorCounters
    private var left = 0
    /// Set when the connection has become another: what is left here is the next handler's.
    var forwardsRest = false

    init(limits: DoorLimits, counters: DoorCounters) {
        var bounds = NIOHTTPDecoderLimitConfiguration()
        bounds.maxHeaderFieldSize = limits.head
        bounds.maxHeaderListSize = limits.head
        bounds.maxHeaderFieldCount = limits.headers
        inner = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: bounds)
        self.counters = counters
    }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        counters.add(max(0, buffer.readableBytes - left), to: .bytesIn)
        defer { left = buffer.readableBytes }
        return try inner.decode(context: context, buffer: &buffer)
    }

    func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        if forwardsRest {
            if buffer.readableBytes > 0 { context.fireChannelRead(NIOAny(buffer)) }
            buffer.clear()
            return .needMoreData
        }
        return try inner.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
    }

    func decoderAdded(context: ChannelHandlerContext) { inner.decoderAdded(context: context) }
    func decoderRemoved(context: ChannelHandlerContext) { inner.decoderRemoved(context: context) }
    func shouldReclaimBytes(buffer: ByteBuffer) -> Bool { inner.shouldReclaimBytes(buffer: buffer) }
}
