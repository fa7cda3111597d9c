import ControlPlane
import DataPlane
import Foundation
import Hummingbird
import Lanes
import Logging
import NIOCore
import NIOPosix
import SQLiteKit
import ServiceLifecycle
import Settings
import Terminal
import UnixSignals
import Vocabulary

/// Runs a node: the door and what is behind it, in one service group, until it is told to stop.
struct NodeRun {
    let base: NodeBase

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: ServeSettings.cores)
        let gate = DataPlaneGate(
            HranaRules(
                domain: base.settings.domain, takesRelayed: base.settings.cluster.keyFile != nil,
                uploadLimit: base.settings.limits.uploadSize))
        let responder = LateResponder(early: earlyRouter())
        let tail = HummingbirdTail(responder: responder, logger: base.logger)
        let bound = Latch()
        let listen = base.settings.node.listen
        var configuration = DoorServer.Configuration(
            host: listen.host == "localhost" ? "127.0.0.1" : listen.host, port: listen.port)
        configuration.lines.add("Rowhouse-Node", base.id.name)
        configuration.lines.add("Rowhouse-Durability", base.settings.durability.rawValue)
        let server = DoorServer(
            configuration, limits: ServeSettings.door(base.settings, descriptors: base.descriptors), group: group,
            rules: gate, service: gate,
            tail: tail,
            logger: base.logger,
            onBound: { address in
                Self.announce(address)
                bound.open()
            })
        let core = NodeCore(
            base: base, gate: gate, responder: responder, group: group, door: server, bound: bound)
        // Stopped in reverse order: first the door, then what it leads to.
        var services = ServiceGroupConfiguration(
            services: [.init(service: core), .init(service: server)], logger: base.logger)
        services.maximumGracefulShutdownDuration = .seconds(30)
        do {
            try await run(ServiceGroup(configuration: services), server)
        } catch DoorServerError.notBound(let why) {
            throw ServeFailure.failed(
                "cannot listen on \(listen): \(why); choose another address with --listen or node.listen")
        }
        try await group.shutdownGracefully()
    }

    /// Until the services end, which a signal makes them do.
    private func run(_ services: ServiceGroup, _ server: DoorServer) async throws {
        let signals = await NodeSignals.trap()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            tasks.addTask {
                await signals.follow(services) {
                    await sayStopping(server)
                } reload: {
                    try? await NodeCore.blocking { base.live.reload(base.options.source, base.logger) }
                }
            }
            try await tasks.next()
            tasks.cancelAll()
        }
    }

    private func sayStopping(_ server: DoorServer) async {
        base.status.leave()
        let requests = await server.requestsUnderWay()
        let what: Logger.Message =
            switch base.status.phase {
            case .recovering: "stopping: waiting for the recovery; a second signal ends it at once"
            case .ready, .stopping: "stopping: waiting for what is under way; a second signal ends it at once"
            }
        base.logger.info(what, metadata: ["requests": "\(requests)"])
    }

    private func earlyRouter() -> any HTTPResponder<ControlContext> {
        EarlyControlPlane(status: base.status, version: Self.version, random: base.random).router().buildResponder()
    }

    static let sqlite = SQLiteRuntime.version
    static let version = VersionObject(version: Build.version, sqlite: sqlite, protocol: 1, format: 1)

    private static func announce(_ address: SocketAddress) {
        guard let host = address.ipAddress, let port = address.port else { return }
        let shown = host.contains(":") ? "[\(host)]" : host
        Console.mention("rowhouse \(Build.version) listening on http://\(shown):\(port)\n")
    }
}
