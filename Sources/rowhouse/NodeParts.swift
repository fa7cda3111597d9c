import Access
import Accounts
import AsyncHTTPClient
import Catalog
import CatalogDrivers
import Cluster
import ControlPlane
import Foundation
import Journal
import Logging
import Membership
import Movers
import Residents
import Routing
import Seams
import Settings
import Tenants
import Vocabulary

/// The parts of a running node, wired.
struct NodeParts: Sendable {
    let base: NodeBase
    let engine: TenantEngine
    let store: CatalogStore
    let book: OwnerBook
    let cache: PlacementCache
    let resolver: RouteResolver
    let residents: Residents
    let verifier: TokenVerifier
    let accounts: NodeAccounts
    let authenticator: Authenticator
    let accessLog: AccessLog
    let flags: FlagBoard
    let claims: ClaimService
    let tokens: TokenService
    let right: ServingRight
    let lease: LeaseKeeper
    let numbers: LeaseNumbers
    let peers: any Peers
    let catalog: NodeCatalog
    let cluster: NodeCluster?
    let arrivals: ArrivalService
    let parked: ParkedRequests
    let addresses: AddressBook
    let moveMeter = MoveMeter()

    static let sleep: Sleep = { nanoseconds in
        try await Task.sleep(nanoseconds: nanoseconds)
    }

    static func assemble(_ base: NodeBase, engine: TenantEngine, client: HTTPClient) async throws -> NodeParts {
        let cluster = try NodeCluster.make(base, client: client)
        let catalog = try await NodeCatalog.reach(base, engine: engine, cluster: cluster)
        let store = CatalogStore(
            driver: catalog.driver, random: base.random, sleep: sleep, keyHold: ServeSettings.keyHold(base.settings))
        let book = OwnerBook(base.id)
        let cache = PlacementCache(bounds(base.settings))
        let verifier = TokenVerifier(keys: SigningKeys(), time: base.time)
        let tokens = TokenService(
            store: store, verifier: verifier, time: base.time, random: base.random,
            settle: cluster == nil ? 0 : base.settings.cluster.lease.nanoseconds + 2_000_000_000,
            longestSupport: Int64(base.settings.access.supportTime.nanoseconds / 1_000_000_000))
        let notes = AccessNotes(time: base.time)
        let accounts = NodeAccounts(base, store: store, notes: notes)
        try await tokens.load()
        let right = ServingRight()
        let arrivals = ArrivalService(node: base.id, engine: engine, store: store, time: base.time, sleep: sleep)
        let residents = Residents(
            node: base.id, engine: engine, book: book, store: store, templates: try templates(base, engine),
            arrivals: arrivals, capacity: limit(base.settings.limits.tenants), time: base.time)
        return NodeParts(
            base: base, engine: engine, store: store, book: book, cache: cache,
            resolver: RouteResolver(cache: cache, tenants: TenantRows(store), time: base.time),
            residents: residents,
            verifier: verifier, accounts: accounts,
            authenticator: Authenticator(
                admins: base.live.admins, verifier: verifier, throttle: AuthThrottle(time: base.time), notes: notes,
                sessions: Authenticator.Sessions(cache: accounts.cache, source: accounts.sessions)),
            accessLog: AccessLog(notes: notes, store: store, time: base.time),
            flags: FlagBoard(store: store, time: base.time, sleep: sleep) { [status = base.status] in status.isLeaving
            },
            claims: ClaimService(
                store: store, residents: residents, transport: cluster?.peers,
                seal: ClaimSeal(key: try secret(base, cluster)), time: base.time, random: base.random, sleep: sleep),
            tokens: tokens, right: right, lease: lease(base, store: store, right: right, numbers: try numbers(base)),
            numbers: try numbers(base),
            peers: cluster.map { InternalCalls(transport: $0.peers) } ?? AlonePeers(), catalog: catalog,
            cluster: cluster,
            arrivals: arrivals, parked: ParkedRequests(book: book, bounds: parking(base.settings), time: base.time),
            addresses: AddressBook())
    }

    private static func bounds(_ settings: ServerSettings) -> PlacementCache.Bounds {
        var bounds = PlacementCache.Bounds()
        bounds.routes = settings.routing.cache
        return bounds
    }

    private static func limit(_ setting: Int) -> Int { setting == 0 ? .max : setting }

    private static func parking(_ settings: ServerSettings) -> ParkingLot.Bounds {
        var bounds = ParkingLot.Bounds()
        bounds.requestsPerTenant = settings.routing.parkedRequests
        bounds.bytesPerTenant = settings.routing.parkedBytes
        bounds.bytes = settings.routing.parkedNodeBytes
        bounds.wait = settings.routing.parkTime.nanoseconds
        return bounds
    }

    /// Each schema's template is built now, so that a mistake in its SQL is found before anything is served.
    private static func templates(_ base: NodeBase, _ engine: TenantEngine) throws -> [String: Template] {
        var templates: [String: Template] = [:]
        for schema in base.settings.schemas {
            var sql = ""
            if let path = schema.template {
                guard let bytes = FileManager.default.contents(atPath: path) else {
                    throw ServeFailure.config("schemas.\(schema.name).template: \(path) cannot be read")
                }
                sql = String(decoding: bytes, as: UTF8.self)
            }
            do throws(TenantsError) {
                templates[schema.name] = try engine.templates.make(sql: sql)
            } catch {
                throw ServeFailure.config("schemas.\(schema.name).template: \(error.description)")
            }
        }
        if templates["default"] == nil { templates["default"] = try engine.templates.make(sql: "") }
        return templates
    }

    private static func numbers(_ base: NodeBase) throws -> LeaseNumbers {
        let span = base.settings.cluster.lease.nanoseconds
        guard
            let numbers = LeaseNumbers(
                timeToLive: span, renewEvery: span / 3, drift: LeaseNumbers.standard.drift,
                margin: LeaseNumbers.standard.margin)
        else { throw ServeFailure.config("cluster.lease is too short") }
        return numbers
    }

    private static func lease(
        _ base: NodeBase, store: CatalogStore, right: ServingRight, numbers: LeaseNumbers
    ) -> LeaseKeeper {
        let address = base.settings.node.advertise.map { "\($0)" } ?? "http://\(base.settings.node.listen)"
        let registration = NodeRegistration(
            id: base.id, address: address, zone: base.settings.node.zone ?? "", labels: base.settings.node.labels,
            directory: base.identity.directory, replacesDirectory: base.options.replaceNode,
            holdsCatalog: base.settings.catalog == .embedded)
        return LeaseKeeper(
            registration, store: store, numbers: numbers, right: right, time: base.time, sleep: sleep)
    }
}

/// A node that stands alone has nobody to call.
struct AlonePeers: Peers {
    func finishCreating(_ tenant: TenantID, at address: String) async throws(PeerFailure) { throw Self.failure }
    func purge(_ tenant: TenantID, at address: String) async throws(PeerFailure) { throw Self.failure }

    private static let failure = PeerFailure.unreachable("this node has no cluster.key-file")
}
