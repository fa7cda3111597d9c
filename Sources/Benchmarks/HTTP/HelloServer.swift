import NIOCore
import NIOHTTP1
import NIOPosix

/// The ceiling: SwiftNIO's HTTP/1 server as it comes, which reads each request whole and answers with a few fixed bytes.
package enum HelloServer {
    /// Serves until the process ends.
    ///
    /// - Parameter bound: told the port.
    package static func run(threads: Int, bound: (Int) -> Void) throws(BenchmarkError) {
        let server = try bind(MultiThreadedEventLoopGroup(numberOfThreads: threads))
        bound(server.localAddress?.port ?? 0)
        do { try server.closeFuture.wait() } catch { throw .server("the hello server: \(error)") }
    }

    /// On a free port of the loopback.
    static func bind(_ group: MultiThreadedEventLoopGroup) throws(BenchmarkError) -> any Channel {
        do {
            return try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(HelloHandler())
                    }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
        } catch {
            throw .server("the hello server: \(error)")
        }
    }
}

private final class HelloHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let body = ByteBuffer(string: #"{"hello":"world"}"#)
    private static let head = HTTPResponseHead(
        version: .http1_1, status: .ok,
        headers: ["content-type": "application/json", "content-length": String(body.readableBytes)])

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        context.write(wrapOutboundOut(.head(Self.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(Self.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
