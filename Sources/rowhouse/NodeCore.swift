import Access
import AsyncHTTPClient
import Catalog
import CatalogDrivers
import Cluster
import ControlPlane
import DataPlane
import Journal
import Lanes
import Logging
import Membership
import Movers
import NIOCore
import Residents
import Routing
import Seams
import ServiceLifecycle
import Settings
import Tenants
import Vocabulary

/// Everything behind the door: engine, catalog, lease, routing. Lets requests in when all of it stands, and takes it down
/// in the opposite order.
struct NodeCore: Service {
    let base: NodeBase
    let gate: DataPlaneGate
    let responder: LateResponder
    let group: any EventLoopGroup
    let door: DoorServer
    /// Opened when the door's address is ours: a recovery that nobody can ask about is not begun.
    let bound: Latch

    func run() async throws {
        guard await bound.opened() else { return }
        let engine = try await startEngine()
        do {
            // What nobody has asked for the node does in its own name.
            try await AuditAuthor.$current.withValue(AuditAuthor(actor: "node:\(base.id)")) { try await serve(engine) }
        } catch {
            base.status.turn(to: .stopping)
            try? await Self.blocking { try engine.shutdown() }
            throw error
        }
        base.status.turn(to: .stopping)
        try await Self.blocking { try engine.shutdown() }
        base.logger.info("stopped", metadata: ["tenants": "\(engine.tenantCount)"])
    }

    private func startEngine() async throws -> TenantEngine {
        var start = EngineStart(
            settings: ServeSettings.engine(
                base.settings, directory: base.directory, journal: base.journal, descriptors: base.descriptors),
            journalOptions: ServeSettings.journal(base.settings), files: try ServeFiles.make(base),
            time: base.time, random: base.random)
        start.acceptLoss = base.options.acceptLoss
        try ServeFiles.disturb(&start)
        let (logger, directory) = (base.logger, base.directory)
        start.notice = { EngineLog.write($0, directory, to: logger) }
        let ready = start
        let status = base.status
        let progress = RecoveryMeter(status: status, logger: base.logger)
        base.logger.info("reading the journal", metadata: ["directory": "\(base.journal)"])
        do {
            return try await Self.blocking {
                try ready.run(progress: { progress.note($0) }, onFatal: { error in NodeEnd.atOnce("\(error)") })
            }
        } catch let error as EngineStartError {
            switch error {
            case .journal(.damaged), .journal(.manifest), .journalMissing:
                throw ServeFailure.journalDamaged(error.description)
            case .journal, .storage, .threads:
                throw ServeFailure.failed(error.description)
            }
        }
    }

    private func serve(_ engine: TenantEngine) async throws {
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: PeerClient.configuration())
        defer { client.shutdown { _ in } }
        let node = try await NodeParts.assemble(base, engine: engine, client: client)
        let begun = try await node.begin()
        try await node.arrivals.recover()
        await node.learnAddresses()
        let moves = NodeMoves.make(node, begun)
        let finished = try await node.residents.finishAll()
        if finished.creations + finished.removals > 0 {
            base.logger.info(
                "finished what was cut short",
                metadata: ["creations": "\(finished.creations)", "removals": "\(finished.removals)"])
        }
        for (tenant, error) in finished.failures {
            base.logger.error("left unfinished", metadata: ["tenant": "\(tenant)", "reason": "\(error)"])
        }
        let hrana = try node.openDoors(begun, moves, gate: gate, responder: responder, door: door, group: group)
        base.status.turn(to: .ready)
        base.logger.info("ready", metadata: ["node": "\(base.id)", "tenants": "\(engine.tenantCount)"])
        for (tenant, reason) in engine.damaged {
            base.logger.error("tenant damaged", metadata: ["tenant": "\(tenant)", "reason": "\(reason)"])
        }
        try await cancelWhenGracefulShutdown { try await node.loops(begun, hrana, moves) }
        await node.accessLog.write()
        await node.usage.finish()
        try? await node.lease.leave(begun)
        try? await Self.blocking { node.catalog.end() }
    }

    /// Blocking work on a thread of its own, never on the shared pool.
    static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do throws(LaneError) {
                _ = try BackgroundThread(name: "blocking") { continuation.resume(with: Swift.Result(catching: body)) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
