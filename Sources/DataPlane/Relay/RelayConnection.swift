import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// One connection to a peer, for one exchange at a time.
final class RelayConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    let peer: RelayPeer
    private(set) var exchange: RelayExchange?
    private var context: ChannelHandlerContext?
    private var wire: ChannelHandlerContext?
    private let encoder: RelayEncoder
    private var isPaused = false
    /// A read that was asked for meanwhile.
    private var heldRead = false
    /// The peer has said that it closes after this answer.
    private var isLast = false
    private(set) var isClosed = false
    /// The peer counts it; of several that a name leads to only one is.
    var isAdopted = false

    init(peer: RelayPeer, encoder: RelayEncoder) {
        self.peer = peer
        self.encoder = encoder
    }

    /// Builds the pipeline: encoder, parser, this. On the event loop.
    static func install(in channel: any Channel, peer: RelayPeer) throws {
        let encoder = RelayEncoder()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward),
                maximumBufferSize: 1 << 20))
        try pipeline.addHandler(RelayConnection(peer: peer, encoder: encoder))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        wire = try? context.pipeline.syncOperations.context(handler: encoder)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        wire = nil
    }

    // MARK: The exchange

    /// Sends a request. The connection has none.
    func begin(_ exchange: RelayExchange) {
        guard let context, let wire, !isClosed else {
            exchange.connectionLost()
            return
        }
        self.exchange = exchange
        exchange.connection = self
        // The parser must know what an answer is the answer to; the bytes go out past the encoder.
        let method = exchange.request.head.method
        context.write(
            wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: method, uri: "/"))), promise: nil)
        let (first, rest) = exchange.bytes()
        if exchange.isUpload { return send(first) {} }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { [weak exchange] in exchange?.written(on: self) }
        if let rest {
            wire.write(NIOAny(IOData.byteBuffer(first)), promise: nil)
            wire.write(NIOAny(IOData.byteBuffer(rest)), promise: written)
        } else {
            wire.write(NIOAny(IOData.byteBuffer(first)), promise: written)
        }
        wire.flush()
    }

    /// Sends a part of an upload; the closure is called when the system has taken it.
    func send(_ bytes: ByteBuffer, _ taken: @escaping () -> Void) {
        guard let context, let wire else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess(taken)
        wire.writeAndFlush(NIOAny(IOData.byteBuffer(bytes)), promise: written)
    }

    /// The exchange is over: the connection serves another, or ends.
    func release(clean: Bool) {
        exchange = nil
        resume()
        if clean && !isLast && !isClosed { peer.released(self) } else if clean { close() } else { reset() }
    }

    func close() {
        guard !isClosed else { return }
        context?.close(promise: nil)
    }

    /// Ends the connection so that the peer knows that nobody waits any more. A plain end could as well be that of a client
    /// which has sent all and still reads.
    private func reset() {
        guard !isClosed, let channel = context?.channel else { return }
        guard let options = channel as? any SocketOptionProvider else { return close() }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { [self] _ in close() }
    }

    /// The client is slow: the peer is to wait.
    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        guard heldRead else { return }
        heldRead = false
        context?.read()
    }

    // MARK: NIO

    func read(context: ChannelHandlerContext) {
        if isPaused { heldRead = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange else { return close() }
        switch unwrapInboundIn(data) {
        case .head(let head) where head.status == .continue: exchange.receivedContinue()
        case .head(let head) where head.status.code < 200: break
        case .head(let head):
            if !head.isKeepAlive { isLast = true }
            exchange.received(head)
        case .body(let chunk): exchange.received(chunk)
        case .end: exchange.receivedEnd()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        if isAdopted { peer.closed(self) }
        if let exchange {
            self.exchange = nil
            exchange.connectionLost()
        }
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension RelayConnection: Sendable {}

/// Stands where an encoder would: heads come by only so that the parser sees them.
final class RelayEncoder: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.succeed() }
}
