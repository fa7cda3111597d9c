import NIOCore
import NIOPosix

/// The least that a hop can cost: SwiftNIO handing the bytes of each connection on to a server, without a look at them.
package enum ProxyServer {
    /// Serves until the process ends.
    ///
    /// - Parameters:
    ///   - port: of loopback, where each connection is joined to one of its own.
    ///   - bound: told the port.
    package static func run(to port: Int, threads: Int, bound: (Int) -> Void) throws(BenchmarkError) {
        let server = try bind(MultiThreadedEventLoopGroup(numberOfThreads: threads), to: port)
        bound(server.localAddress?.port ?? 0)
        do { try server.closeFuture.wait() } catch { throw .server("the proxy: \(error)") }
    }

    /// On a free port of the loopback.
    static func bind(_ group: MultiThreadedEventLoopGroup, to port: Int) throws(BenchmarkError) -> any Channel {
        do {
            return try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                // Nothing is read before there is somewhere to write it.
                .childChannelOption(.autoRead, value: false)
                .childChannelInitializer { near in
                    near.eventLoop.makeCompletedFuture {
                        try near.pipeline.syncOperations.addHandler(Join(to: port))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
        } catch {
            throw .server("the proxy: \(error)")
        }
    }
}

/// Joins a connection that has come to one of its own.
private final class Join: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let port: Int

    init(to port: Int) { self.port = port }

    func channelActive(context: ChannelHandlerContext) {
        let near = context.channel
        ClientBootstrap(group: near.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { far in
                try near.pipeline.syncOperations.addHandler(HandOn(far))
                try far.pipeline.syncOperations.addHandler(HandOn(near))
                return far
            }
            .flatMap { far in far.setOption(.autoRead, value: true) }
            .flatMap { near.setOption(.autoRead, value: true) }
            .whenFailure { _ in near.close(promise: nil) }
    }
}

/// What comes here goes out there.
private final class HandOn: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(_ other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
