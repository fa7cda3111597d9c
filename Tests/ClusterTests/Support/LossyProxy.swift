import NIOCore
import NIOPosix
import Synchronization

/// Stands between two nodes and loses answers: the request goes through, and when the answer comes both lines are cut.
struct LossyProxy: Sendable {
    let port: Int
    let lost: Tally
    var address: String { "http://127.0.0.1:\(port)" }

    /// - Parameter answers: how many to lose.
    static func open(
        to port: Int, losing answers: Int, group: any EventLoopGroup, _ body: (LossyProxy) async throws -> Void
    ) async throws {
        let lost = Tally()
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { near in
                ClientBootstrap(group: near.eventLoop).connect(host: "127.0.0.1", port: port).flatMapThrowing { far in
                    try near.pipeline.syncOperations.addHandler(Line(to: far, isAnswer: false, lost, answers))
                    try far.pipeline.syncOperations.addHandler(Line(to: near, isAnswer: true, lost, answers))
                    near.setOption(.autoRead, value: true).whenComplete { _ in }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(LossyProxy(port: server.localAddress?.port ?? 0, lost: lost))
        } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }

    private final class Line: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private let isAnswer: Bool
        private let lost: Tally
        private let most: Int

        init(to other: any Channel, isAnswer: Bool, _ lost: Tally, _ most: Int) {
            self.other = other
            self.isAnswer = isAnswer
            self.lost = lost
            self.most = most
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isAnswer, lost.count < most {
                lost.add()
                other.close(promise: nil)
                context.close(promise: nil)
            } else {
                other.writeAndFlush(unwrapInboundIn(data), promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
