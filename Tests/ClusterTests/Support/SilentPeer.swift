import Glibc
import NIOCore
import NIOPosix

/// Takes connections, reads nothing, and resets each after a while.
struct SilentPeer {
    private let server: any Channel
    var port: Int { server.localAddress?.port ?? 0 }

    static func open(group: any EventLoopGroup, connections: Tally) async throws -> SilentPeer {
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.socketOption(.so_rcvbuf), value: 16 << 10)
            .childChannelInitializer { channel in
                connections.add()
                channel.eventLoop.scheduleTask(in: .milliseconds(200)) { reset(channel) }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return SilentPeer(server: server)
    }

    func close() async throws { try await server.close() }

    private static func reset(_ channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
}
