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
        let gate = DataPlaneGate()
        let responder = LateResponder(early: earlyRouter())
        let tail = HummingbirdTail(responder: responder, logger: base.logger)
        let listen = base.settings.node.listen
        var configuration = DoorServer.Configuration(
            host: listen.host == "localhost" ? "127.0.0.1" : listen.host, port: listen.port)
        configuration.lines.add("Rowhouse-Node", base.id.name)
        configuration.lines.add("Rowhouse-Durability", base.settings.durability.rawValue)
        let server = DoorServer(
            configuration, limits: ServeSettings.door(base.settings, descriptors: base.descriptors), group: group,
            rules: gate, service: gate,
            tail: tail,
            logger: base.logger, onBound: { address in Self.announce(address) })
        let core = NodeCore(base: base, gate: gate, responder: responder, group: group, door: server)
        // Stopped in reverse order: first the door, then what it leads to.
        var services = ServiceGroupConfiguration(
            services: [.init(service: core), .init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: base.logger)
        services.maximumGracefulShutdownDuration = .seconds(30)
        do {
            try await ServiceGroup(configuration: services).run()
        } catch let error as IOError {
            throw ServeFailure.failed("cannot listen on \(listen): \(error.description)")
        }
        try await group.shutdownGracefully()
    }

    private func earlyRouter() -> any HTTPResponder<ControlContext> {
        EarlyControlPlane(status: base.status, version: Self.version, random: base.random).router().buildResponder()
    }

    static let sqlite = SQLiteRuntime.version
    static let version = VersionObject(version: Build.version, sqlite: sqlite, protocol: 1, format: 1)

    private static func announce(_ address: SocketAddress) {
        guard let host = address.ipAddress, let port = address.port else { return }
        Console.write("rowhouse \(Build.version) listening on http://\(host):\(port)\n")
    }
}
