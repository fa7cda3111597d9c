import Cluster
import NIOCore
import NIOPosix

/// The connections of one event loop to one peer. Only for that loop.
// Unchecked: everything is touched on the loop's event loop only.
final class RelayPeer: @unchecked Sendable {
    let address: NodeAddress
    private let loop: RelayLoop
    private var pool: RelayPool<RelayConnection, RelayExchange>

    init(_ address: NodeAddress, loop: RelayLoop) {
        self.address = address
        self.loop = loop
        pool = RelayPool(most: loop.limits.connections, mostWaiting: loop.limits.waiting)
    }

    var isUnused: Bool { pool.isUnused }

    func send(_ exchange: RelayExchange, fresh: Bool) {
        switch pool.lease(exchange, fresh: fresh) {
        case .use(let connection): connection.begin(exchange)
        case .wait: open()
        case .refuse: exchange.fail(.crowded)
        }
    }

    private func open() {
        for _ in 0..<pool.demand() {
            ClientBootstrap(group: loop.eventLoop)
                .connectTimeout(loop.limits.connect)
                .channelInitializer { [self] channel in
                    channel.eventLoop.makeCompletedFuture { try RelayConnection.install(in: channel, peer: self) }
                }
                .connect(host: address.host, port: address.port)
                .whenComplete { [self] result in
                    let connection = try? result.get().pipeline.syncOperations.handler(type: RelayConnection.self)
                    if let connection, !connection.isClosed { connected(connection) } else { failed() }
                }
        }
    }

    private func failed() {
        pool.failed()
        // Whoever waits longest is told; the others have attempts of their own.
        nextWaiting()?.connectionLost()
        open()
    }

    private func connected(_ connection: RelayConnection) {
        connection.isAdopted = true
        loop.client.counters.note(.connected)
        pool.connected()
        serve(connection)
    }

    func released(_ connection: RelayConnection) { serve(connection) }

    private func serve(_ connection: RelayConnection) {
        if let next = nextWaiting() {
            connection.begin(next)
        } else {
            pool.keep(connection, at: loop.eventLoop.now)
        }
    }

    func closed(_ connection: RelayConnection) {
        pool.closed(connection)
        open()
    }

    private func nextWaiting() -> RelayExchange? {
        while let next = pool.nextWaiting() {
            if next.isWaiting { return next }
        }
        return nil
    }

    func sweep(now: NIODeadline) {
        for connection in pool.takeIdle(since: now - loop.limits.idle) { connection.close() }
    }

    func closeIdle() {
        for connection in pool.takeIdle(since: .distantFuture) { connection.close() }
    }
}
