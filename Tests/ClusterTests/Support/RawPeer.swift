import NIOCore
import NIOPosix

/// A listening socket whose connections do what a closure says: for peers that misbehave.
struct RawPeer: Sendable {
    let port: Int
    let connections: Tally
    var address: String { "http://127.0.0.1:\(port)" }

    /// - Parameter react: called with all that a connection has sent so far, after each burst.
    static func open(
        group: any EventLoopGroup, _ react: @escaping @Sendable (String, any Channel) -> Void,
        _ body: (RawPeer) async throws -> Void
    ) async throws {
        let connections = Tally()
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connections.add()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reaction(react))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(RawPeer(port: server.localAddress?.port ?? 0, connections: connections))
        } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }

    private init(port: Int, connections: Tally) {
        self.port = port
        self.connections = connections
    }
}

extension RawPeer {
    /// A port on which nobody listens.
    static func deadPort(group: any EventLoopGroup) async throws -> Int {
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        try await server.close()
        return port
    }
}

private final class Reaction: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var received = ""
    private let react: @Sendable (String, any Channel) -> Void

    init(_ react: @escaping @Sendable (String, any Channel) -> Void) { self.react = react }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received += String(buffer: unwrapInboundIn(data)) }

    func channelReadComplete(context: ChannelHandlerContext) { react(received, context.channel) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
