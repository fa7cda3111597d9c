import Access
import Catalog
import CatalogDrivers
import DataPlane
import Foundation
import Hummingbird
import Journal
import NIOHTTP1
import Residents
import Routing
import Seams
import Tenants
import Vocabulary

@testable import ControlPlane

/// A node with an engine in a folder of its own, which holds the catalog and answers other nodes.
final class NodeHouse: Sendable {
    static let id = NodeID("n1")!
    static let catalogIdentity = Identity(high: 1, low: 2)

    let directory: String
    let engine: TenantEngine
    let catalog: EmbeddedCatalog
    let store: CatalogStore
    let residents: Residents
    let ping = PingObject(node: "n1", version: "0.0.1", format: 1, protocol: 1, incarnation: 77)

    /// - Parameter keyHold: as in a cluster, or 0 as on a node that stands alone.
    init(keyHold: Int64 = TenantRows.defaultKeyHold) async throws {
        directory = NSTemporaryDirectory() + "rowhouse-cluster-" + UUID().uuidString
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        var settings = EngineSettings(directory: directory)
        settings.transactionBytes = 16 << 20
        engine = try EngineStart(
            settings: settings, journalOptions: options, files: PosixFiles(), time: SystemTime(), random: SystemRandom()
        ).run(progress: { _ in }, onFatal: { error in fatalError("\(error)") })
        catalog = EmbeddedCatalog(engine: engine)
        try await catalog.prepare()
        try await CatalogSchema.migrate(catalog, dialect: .sqlite, at: SystemTime().wall())
        store = CatalogStore(driver: catalog, random: SystemRandom(), sleep: { _ in }, keyHold: keyHold)
        residents = Residents(
            node: Self.id, engine: engine, book: OwnerBook(Self.id), store: store,
            templates: ["default": try engine.templates.make(sql: "CREATE TABLE t(a)")], time: SystemTime())
        for node in ["n1", "n2"] {
            let row = NodeRegistration(id: NodeID(node)!, address: "http://\(node):1")
            _ = try await NodeRows(store).register(row, at: SystemTime().wall())
        }
    }

    func stop() throws {
        try engine.shutdown()
        try FileManager.default.removeItem(atPath: directory)
    }

    /// As the node's own door has it, without the routes that are for people.
    func routes(time: any TimeSource = SystemTime()) -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: ErrorMiddleware(random: SystemRandom(), proxies: .none))
        let verifier = ClusterVerifier(key: RelayWorld.clusterKey, time: time)
        InternalRoutes(
            verifier: verifier, bodies: InternalBodies(most: 64 << 20), ping: ping,
            catalog: (catalog, Self.catalogIdentity), store: store,
            residents: residents,
            claims: ClaimService(
                store: store, residents: residents, transport: nil, seal: ClaimSeal(key: RelayWorld.clusterKey),
                time: time,
                random: SystemRandom(), sleep: { _ in })
        ).register(on: router)
        return router
    }

    /// A row in state `creating`, as another node's control plane leaves it for its owner.
    func creating(_ key: String, on owner: String) async throws -> TenantRow {
        let new = NewTenant(key: try TenantKey(key))
        guard
            case .created(let row) = try await TenantRows(store).create(
                new, on: NodeID(owner)!, at: SystemTime().wall())
        else { throw CatalogError.damaged("the row is there already") }
        return row
    }
}

extension NodeHouse {
    /// A house behind a door, and a client that has the cluster's key.
    static func serve(_ body: @escaping @Sendable (NodeHouse, TestDoor, RelayWorld) async throws -> Void) async throws {
        let house = try await NodeHouse()
        try await RelayWorld.run { world in
            let service = TestService { $0.respond(.notFound) }
            try await TestDoor.open(service, group: world.group, routes: house.routes()) { door in
                try await body(house, door, world)
            }
        }
        try house.stop()
    }
}
