import Glibc
package import Logging
package import NIOCore
import NIOPosix
package import Seams
import ServiceLifecycle

/// The node's one listening socket, and everything behind it up to ``DoorService`` and Hummingbird.
///
/// Runs from bind to the last connection's end. Graceful shutdown: the socket is closed, connections without a request
/// end, the others end with the answer to what is in flight, and after ``Configuration/shutdownTime`` the rest is cut.
/// Cancellation cuts everything at once.
package struct DoorServer: Service {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 lets the system choose; see `onBound`.
        package var port: Int
        package var backlog: Int32 = 1024
        package var shutdownTime = TimeAmount.seconds(25)
        /// What this node says of itself in every answer that is not Hummingbird's.
        package var lines = HeaderLines()
        package var random: any RandomSource = SystemRandom()

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private enum Stop { case told, listenerClosed }

    private let configuration: Configuration
    private let group: any EventLoopGroup
    private let loops: DoorLoops
    private let tail: HummingbirdTail
    private let logger: Logger
    private let onBound: @Sendable (SocketAddress) -> Void

    /// - Parameters:
    ///   - group: every event loop of it serves connections.
    ///   - onBound: called once, with the address actually bound, before the first connection is served.
    package init(
        _ configuration: Configuration, limits: DoorLimits = DoorLimits(), group: any EventLoopGroup,
        rules: any DoorRules, service: any DoorService, tail: HummingbirdTail, logger: Logger,
        onBound: @escaping @Sendable (SocketAddress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.group = group
        self.tail = tail
        self.logger = logger
        self.onBound = onBound
        let shared = DoorShared(
            limits: limits, rules: rules, service: service, tail: tail, lines: configuration.lines,
            random: configuration.random)
        loops = DoorLoops(group: group, shared: shared)
    }

    /// From any thread, at any time.
    package func metrics() -> DoorMetrics { loops.metrics() }

    /// Requests that are being received or answered at this moment; of one connection at most one.
    package func requestsUnderWay() async -> Int { await loops.requestsUnderWay() }

    /// - Throws: ``DoorServerError``.
    package func run() async throws {
        let (stops, stop) = AsyncStream.makeStream(of: Stop.self)
        let listener = try await bind()
        listener.closeFuture.whenComplete { _ in stop.yield(.listenerClosed) }
        if let address = listener.localAddress {
            logger.info("listening", metadata: ["address": "\(Self.text(address))"])
            onBound(address)
        }
        let reason = await withTaskGroup(of: Stop?.self) { group in
            group.addTask {
                await tail.serve()
                return nil
            }
            group.addTask {
                let reason = await waitForStop(stops, stop)
                await shutDown(listener)
                tail.finish()
                return reason
            }
            var reason: Stop?
            for await result in group { reason = reason ?? result }
            return reason
        }
        if reason == .listenerClosed { throw DoorServerError.listenerLost }
    }

    private func bind() async throws -> any Channel {
        do {
            return try await listen()
        } catch {
            throw DoorServerError.notBound(BindFailure(error))
        }
    }

    private func listen() async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: configuration.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [loops] channel in
                channel.eventLoop.makeCompletedFuture { try loops.admit(channel) }
            }
            .bind(host: configuration.host, port: configuration.port)
            .get()
    }

    /// `127.0.0.1:8080`, `[::1]:8080`.
    private static func text(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "\(address)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private func waitForStop(_ stops: AsyncStream<Stop>, _ stop: AsyncStream<Stop>.Continuation) async -> Stop? {
        await withGracefulShutdownHandler {
            await stops.first { _ in true }
        } onGracefulShutdown: {
            stop.yield(.told)
        }
    }

    private func shutDown(_ listener: any Channel) async {
        try? await listener.close()
        if Task.isCancelled { return await loops.cutAll() }
        let deadline = group.next().scheduleTask(in: configuration.shutdownTime) { [loops] in loops.cutAllSoon() }
        await withTaskCancellationHandler {
            await loops.quiesce()
        } onCancel: {
            loops.cutAllSoon()
        }
        deadline.cancel()
    }
}

/// What can go wrong with the server itself, as opposed to one of its connections.
package enum DoorServerError: Error, Hashable, Sendable {
    /// The address cannot be listened on.
    case notBound(BindFailure)
    /// The system closed the listening socket.
    case listenerLost
}

/// Why an address cannot be listened on.
package enum BindFailure: Hashable, Sendable, CustomStringConvertible {
    case inUse
    /// This machine does not have it, or no such name is known.
    case notOurs
    /// Ports below 1024 are for the privileged.
    case notAllowed
    case other(String)

    init(_ error: any Error) {
        guard let error = error as? IOError else {
            self = error is SocketAddressError ? .notOurs : .other("\(error)")
            return
        }
        switch error.errnoCode {
        case EADDRINUSE: self = .inUse
        case EADDRNOTAVAIL: self = .notOurs
        case EACCES, EPERM: self = .notAllowed
        case let code: self = .other(SystemErrorText.words(code))
        }
    }

    package var description: String {
        switch self {
        case .inUse: "another process listens there already"
        case .notOurs: "this machine has no such address"
        case .notAllowed: "this user may not; ports below 1024 need a privilege"
        case .other(let words): words
        }
    }
}
