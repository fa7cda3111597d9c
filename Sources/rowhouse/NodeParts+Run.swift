import Access
import Accounts
import Balancing
import Catalog
import Cluster
import ControlPlane
import DataPlane
import Hummingbird
import Logging
import Membership
import Movers
import NIOCore
import Residents
import Routing
import Seams
import Settings
import Tenants
import Vocabulary

extension NodeParts {
    /// Builds both planes and puts them behind the door.
    func openDoors(
        _ begun: LeaseKeeper.Begun, _ moves: NodeMoves?, gate: DataPlaneGate, responder: LateResponder,
        door: DoorServer,
        group: any EventLoopGroup
    ) throws -> HranaService {
        let relay = cluster.map { cluster in
            ParkingRelay(
                client: RelayClient(node: base.id, signer: cluster.signer, cache: cache, addresses: addresses),
                parked: parked)
        }
        let tenants = tenants()
        let plane = try controlPlane(
            begun, moves, tenants,
            NodeMetrics(engine: engine, door: door, cache: cache, moves: moveMeter, relay: relay))
        var settings = try hranaSettings(begun, firstUse(tenants))
        settings.relay = relay
        settings.create = { key, author throws(TransportError) in
            try await TenantMaker(tenants).make(key, for: author)
        }
        settings.takeBack = { id in await TenantMaker(tenants).takeBack(id) }
        settings.relayed = cluster.map { RelayAdmission(verifier: $0.relayVerifier, node: base.id) }
        let hrana = HranaService(settings)
        relay?.serve(with: hrana)
        gate.open(hrana)
        responder.replace(plane.router().buildResponder())
        return hrana
    }

    private func tenants() -> TenantService {
        TenantService(
            store: store, residents: residents, peers: peers, cache: cache, time: base.time, placer: placer
        ) { [schemas = base.settings.schemas] key in schemas.rule(for: key).name }
    }

    private func controlPlane(
        _ begun: LeaseKeeper.Begun, _ moves: NodeMoves?, _ tenants: TenantService, _ meter: NodeMetrics
    ) throws -> ControlPlane {
        var guards = ControlGuards(
            authenticator: authenticator, domain: base.settings.domain, cors: base.live.cors,
            proxies: base.live.proxies, random: base.random)
        guards.once = RequestOnce(
            store: store, seal: RequestSeal(key: try secret()),
            holder: "\(base.id) \(String(base.random.next(), radix: 16))", time: base.time, sleep: Self.sleep)
        guards.once?.slowly = { [passwords = accounts.passwords] in try await passwords.digest($0, salt: $1) }
        guards.open = accounts.open
        var plane = ControlPlane(
            guards: guards, tenants: tenants, tokens: tokens, store: store, flags: flags,
            claims: claims, status: base.status,
            version: NodeRun.version, metrics: { meter.text() }, document: APIDocument.whole)
        if let cluster {
            let routes = InternalRoutes(
                verifier: cluster.callVerifier, bodies: cluster.bodies, ping: ping(begun),
                catalog: isCatalogHolder ? (catalog.driver, catalog.identity) : nil, store: store,
                residents: residents, claims: claims)
            plane.internalRoutes = { routes.register(on: $0) }
        }
        if let cluster, let moves {
            let routes = plane.internalRoutes
            let calls = InternalMoves(
                verifier: cluster.callVerifier, bodies: cluster.bodies, desk: moves.desk, arrivals: moves.arrivals)
            plane.internalRoutes = {
                routes($0)
                calls.register(on: $0)
            }
            plane.policy = policy
            plane.rules = rules
            let controller = MoveController(moves.service)
            plane.guardedRoutes = { controller.register(on: $0) }
        } else {
            plane.guardedRoutes = { LoneMoveController().register(on: $0) }
        }
        let (users, moveRoutes) = (accounts.signUps(tenants).routes, plane.guardedRoutes)
        plane.guardedRoutes = {
            moveRoutes($0)
            users.register(on: $0)
        }
        return plane
    }

    /// Nil where no schema makes tenants on their first use.
    private func firstUse(_ tenants: TenantService) -> FirstUse? {
        let schemas = base.settings.schemas
        guard schemas.contains(where: { $0.create == .onFirstUse }) else { return nil }
        return FirstUse(tenants, creations: accounts.creations, time: base.time) { key in
            let rule = schemas.rule(for: key)
            return rule.create == .onFirstUse ? rule.name : nil
        }
    }

    private func hranaSettings(
        _ begun: LeaseKeeper.Begun, _ firstUse: FirstUse?
    ) throws -> HranaSettings {
        let limits = base.settings.limits
        var execution = ExecutionLimits()
        execution.resultBytes = limits.resultSize
        execution.statementTime = limits.statementTime.nanoseconds
        execution.sqlBytes = limits.sqlSize
        let key = try secret()
        let context = HranaContext(
            seal: BatonSeal(key: key), incarnation: base.random.next(), time: base.time, limits: execution)
        let directory = NodeDirectory(
            resolver: resolver, cache: cache, residents: residents, rows: TenantRows(store), firstUse: firstUse)
        var settings = HranaSettings(
            engine: engine, directory: directory, authenticator: authenticator, context: context, right: right,
            time: base.time, random: base.random)
        settings.claimSeal = ClaimSeal(key: key)
        settings.cors = base.live.cors
        settings.proxies = base.live.proxies
        settings.domain = base.settings.domain
        settings.takesNamespace = base.settings.compat.namespaceHeader
        settings.uploads = limits.uploads
        settings.timeout = limits.statementTime.nanoseconds
        settings.longestTimeout = limits.statementTimeMax.nanoseconds
        settings.replicaGenerations = {
            [rows = ReplicaGenerationRows(store), time = base.time] tenant throws(TransportError) in
            do throws(CatalogError) { return try await rows.next(for: tenant, at: time.wall()) } catch {
                throw .catalogUnavailable
            }
        }
        settings.socket.perTenant = limits.socketsTenant
        settings.socket.streams = limits.socketStreams
        settings.socket.pending = limits.socketRequests
        settings.socket.messageBytes = limits.bodySize
        return settings
    }

    /// What nodes of one cluster share, and nobody else knows; of a node that stands alone its own.
    private func secret() throws -> ClusterKey { try Self.secret(base, cluster) }

    static func secret(_ base: NodeBase, _ cluster: NodeCluster?) throws -> ClusterKey {
        try cluster?.key ?? ClusterKey(ServeIdentity.localKey(directory: base.directory))
    }

    /// The holder of the catalog looks after the others' leases.
    private func watch() async {
        guard isCatalogHolder else { return await Self.forever() }
        let watch = LeaseWatch(store: store, numbers: numbers, time: base.time, sleep: Self.sleep)
        await watch.run { node in
            base.logger.warning(
                "a node is silent; it gets no new tenants until it is heard of again",
                metadata: ["node": "\(node.id)", "address": "\(node.address)"])
        }
    }

    /// Until the task is cancelled.
    private static func forever() async { while (try? await sleep(3_600_000_000_000)) != nil {} }

    /// Where the cluster's nodes are, for relaying.
    func learnAddresses() async {
        guard cluster != nil, let nodes = try? await NodeRows(store).list() else { return }
        addresses.replace(
            Dictionary(uniqueKeysWithValues: nodes.filter { $0.state != .fenced }.map { ($0.id, $0.address) }))
    }

    /// Whether the node asks the database that holds the catalog by itself. Nodes on PostgreSQL all do; what holders look
    /// after is safe to be done by several.
    var isCatalogHolder: Bool {
        if case .remote = base.settings.catalog { false } else { true }
    }

    private func ping(_ begun: LeaseKeeper.Begun) -> PingObject {
        PingObject(
            node: base.id.name, version: Build.version, format: 1, protocol: 1, incarnation: begun.node.incarnation)
    }

    /// The node's loops, until the task is cancelled: lease, change log, tokens, housekeeping.
    func loops(_ begun: LeaseKeeper.Begun, _ hrana: HranaService, _ moves: NodeMoves?) async throws {
        let poller = ChangePoller(ChangeLog(store), time: base.time, sleep: Self.sleep) { event in
            cache.apply(event)
            if event.tellsOfTokens { tokens.revocationsChanged() }
        }
        let end = await withTaskGroup(of: LeaseKeeper.End?.self) { group in
            group.addTask { await lease.run(begun) { _ in } }
            group.addTask {
                await watch()
                return nil
            }
            group.addTask {
                await poller.run()
                return nil
            }
            group.addTask {
                await accounts.follower.run()
                return nil
            }
            group.addTask {
                await accounts.sessions.run()
                return nil
            }
            group.addTask {
                await SignUpSweeps(service: accounts.signUps(tenants()).service, residents: residents).run()
                return nil
            }
            group.addTask {
                await Chores(parts: self).followKeys()
                return nil
            }
            group.addTask {
                await Chores(parts: self).run()
                return nil
            }
            group.addTask {
                await flags.run()
                return nil
            }
            group.addTask {
                await claims.run()
                return nil
            }
            group.addTask {
                await tokens.follow()
                return nil
            }
            group.addTask {
                try? await hrana.run()
                return nil
            }
            group.addTask {
                if let moves { await moves.desk.run() } else { await Self.forever() }
                return nil
            }
            group.addTask {
                await LoadReporter(parts: self, incarnation: begun.node.incarnation).run()
                return nil
            }
            group.addTask {
                if let rebalancer = rebalancer(moves) { await rebalancer.run() } else { await Self.forever() }
                return nil
            }
            group.addTask {
                if let moves { await moves.arrivals.run() } else { await Self.forever() }
                return nil
            }
            group.addTask {
                await parked.run(sleep: Self.sleep)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if case .refused(let reason)? = end {
            throw ServeFailure.failed(
                "this node's lease was refused (\(reason)): another process runs under its name, or it was fenced")
        }
    }
}

/// What a node does now and then: follow keys and revocations, and, where nothing that takes long holds these up, purge what was
/// deleted long ago and sweep the catalog.
struct Chores: Sendable {
    let parts: NodeParts

    /// Nanoseconds between two looks at keys and revocations; the bound within which a revoked token is refused everywhere.
    private static let interval: UInt64 = 1_000_000_000
    /// Every so many intervals the slower chores run.
    private static let slowly = 30

    /// In a task of its own: a key that is new signs elsewhere, and one that was removed is refused, after a time in which every
    /// node that serves must have asked.
    func followKeys() async {
        var turn = 0
        while (try? await NodeParts.sleep(Self.interval)) != nil {
            turn += 1
            try? await parts.tokens.refresh(isWhole: turn % Self.slowly == 0)
        }
    }

    func run() async {
        var turn = 0
        while true {
            do { try await NodeParts.sleep(Self.interval) } catch { return }
            turn += 1
            await parts.accessLog.write()
            await parts.learnAddresses()
            guard turn % Self.slowly == 0 else { continue }
            await parts.usage.run()
            _ = try? await parts.residents.purgeOverdue(recovery: recovery)
            if parts.isCatalogHolder {
                var retention = Housekeeping.Retention()
                retention.freedKeys = parts.store.keyHold
                retention.audit = Int64(parts.base.settings.audit.keep.nanoseconds / 1_000_000)
                _ = try? await Housekeeping(parts.store).sweepAll(retention, at: parts.base.time.wall())
            }
        }
    }

    private var recovery: Int64 { Int64(parts.base.settings.tenants.recovery.nanoseconds / 1_000_000) }
}

extension NodeParts {
    var usage: UsageReport { UsageReport(engine: engine, store: store, node: base.id, time: base.time) }
}

extension ChangeEvent {
    /// Of tokens that were revoked, or perhaps were.
    fileprivate var tellsOfTokens: Bool {
        switch self {
        case .changed(let change): change.kind == .tokens
        case .forget, .forgetAll: true
        }
    }
}
