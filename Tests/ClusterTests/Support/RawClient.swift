import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A client on a bare socket, for those that do not read, or leave.
struct RawClient: Sendable {
    let channel: any Channel
    private let received: Received

    /// - Parameter reads: false for a client that takes nothing.
    static func connect(port: Int, group: any EventLoopGroup, reads: Bool = true) async throws -> RawClient {
        let received = Received()
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, received: received)
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }
    /// As a client that is killed. A plain end could be that of one which still reads.
    func leave() async throws {
        if let options = channel as? any SocketOptionProvider {
            try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try await channel.close()
    }
    /// Reads from now on.
    func read() async throws { try await channel.setOption(.autoRead, value: true).get() }

    var text: String { received.state.withLock { $0.text } }
    var isEnded: Bool { received.state.withLock { $0.isEnded } }

    /// What has come when it holds `needle`, or the connection has ended.
    func until(_ needle: String) async throws -> String {
        _ = try await eventually { text.contains(needle) || isEnded }
        return text
    }

    final class Received: Sendable {
        struct State {
            var text = ""
            var isEnded = false
        }
        let state = Mutex(State())
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let received: Received
        init(_ received: Received) { self.received = received }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            received.state.withLock { $0.text += text }
        }
        func channelInactive(context: ChannelHandlerContext) { received.state.withLock { $0.isEnded = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
