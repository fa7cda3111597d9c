import Balancing
import Catalog
import CatalogDrivers
import Foundation
import Journal
import Lanes
import Planning
import Seams
import Synchronization
import Tenants
import Vocabulary

/// A catalog on an engine of its own with three nodes, of which the first owns some tenants.
final class PlanWorld: Sendable {
    let store: CatalogStore
    private let engine: TenantEngine
    private let directory: String

    struct TimedOut: Error {}

    /// Of each tenant that a report lists.
    static let bytes: Int64 = 100

    init(tenants: Int) async throws {
        directory = NSTemporaryDirectory() + "rowhouse-balancing-" + UUID().uuidString
        engine = try await Self.start(directory)
        let driver = EmbeddedCatalog(engine: engine)
        try await driver.prepare()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: SystemTime().wall())
        store = CatalogStore(driver: driver, random: SystemRandom(), sleep: { try await Task.sleep(nanoseconds: $0) })
        for node in ["n1", "n2", "n3"] {
            let row = NodeRegistration(id: NodeID(node)!, address: "http://\(node):1")
            _ = try await NodeRows(store).register(row, at: SystemTime().wall())
            try await report(node, disk: 1 << 40, used: 0)
        }
        for index in 0..<tenants {
            let new = NewTenant(key: try TenantKey("t\(index)"))
            guard
                case .created(let row) = try await TenantRows(store).create(
                    new, on: NodeID("n1")!, at: SystemTime().wall())
            else { continue }
            _ = try await TenantRows(store).markReady(
                row.id, by: NodeID("n1")!, epoch: .first, at: SystemTime().wall())
        }
    }

    deinit {
        engine.abandon()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func start(_ directory: String) async throws -> TenantEngine {
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        var settings = EngineSettings(directory: directory)
        settings.transactionBytes = 16 << 20
        let start = EngineStart(
            settings: settings, journalOptions: options, files: PosixFiles(), time: SystemTime(),
            random: SystemRandom())
        return try await withCheckedThrowingContinuation { continuation in
            do throws(LaneError) {
                _ = try BackgroundThread(name: "test") {
                    continuation.resume(
                        with: Result { try start.run(progress: { _ in }, onFatal: { fatalError("\($0)") }) })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// - Parameter used: bytes that are no tenant's.
    func report(_ node: String, disk: Int64, used: Int64, tenants: [TenantID] = []) async throws {
        guard let row = try await NodeRows(store).find(NodeID(node)!) else { return }
        let load = Load(bytes: Self.bytes)
        let report = NodeReport(
            capacity: Load(cpu: 2_000_000, bytes: disk), otherBytes: used,
            slow: Load(bytes: Self.bytes * Int64(tenants.count)), fast: Load(bytes: Self.bytes * Int64(tenants.count)),
            tenants: tenants.sorted().map { NodeReport.Tenant(id: $0, slow: load, fast: load) })
        try await NodeReportRows(store).put(
            report.encoded, from: row.id, incarnation: row.incarnation, at: SystemTime().wall())
    }

    func owned(by node: String) async throws -> [TenantID] {
        try await FleetRows(store).owned(by: NodeID(node)!, limit: 1000).map(\.placement.tenant)
    }

    // MARK: Plans

    /// A stored plan that takes so many tenants to n3.
    func plan(pinning count: Int) async throws -> String {
        for index in 0..<count {
            guard let row = try await TenantRows(store).find(try TenantKey("t\(index)")) else { continue }
            var patch = TenantRows.Patch()
            patch.pin = .some(NodeID("n3")!)
            _ = try await TenantRows(store).patch(row.id, patch, at: SystemTime().wall())
        }
        let maker = PlanMaker(store: store, rules: .none, time: SystemTime(), random: SystemRandom())
        let made = try maker.plan(try await maker.read(), .whole, Policy())
        try await maker.store(made)
        return made.stored.id
    }

    func apply(_ plan: String) async throws { _ = try await PlanRows(store).apply(plan, at: SystemTime().wall()) }

    func done(_ plan: String) async throws -> Int {
        try await PlanRows(store).outcomes(of: plan).count { $0.state == .done }
    }

    func rebalancer(_ node: String, _ starter: RowMover) -> Rebalancer {
        var site = RebalancerSite(
            node: NodeID(node)!, store: store, starter: starter, policy: Policy(), time: SystemTime(),
            random: SystemRandom(), sleep: { try await Task.sleep(nanoseconds: $0) })
        site.pace.look = 20_000_000
        site.pace.patience = 300_000_000
        site.pace.drain = 50_000_000
        site.pace.inventory = 50_000_000
        return Rebalancer(site)
    }

    func wait(until isSo: () async throws -> Bool) async throws {
        for _ in 0..<3000 {
            if try await isSo() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TimedOut()
    }
}

/// Moves that take a while and move nothing but the catalog's rows.
final class RowMover: MoveStarter {
    let begun = Mutex<Int>(0)
    private let store: CatalogStore
    private let pause: UInt64

    init(store: CatalogStore, pause: UInt64) {
        self.store = store
        self.pause = pause
    }

    func begin(
        _ tenant: TenantID, from owner: NodeID, to target: NodeID, version: UInt64
    ) async throws(MoveNotBegun) -> String {
        let move = "mv-\(UUID().uuidString)"
        let now = SystemTime().wall()
        let placements = PlacementRows(store)
        do throws(CatalogError) {
            guard
                case .prepared(let row) = try await placements.prepare(
                    tenant, version: version, to: target, move: move, at: now),
                let node = try await NodeRows(store).find(owner)
            else { throw CatalogError.unavailable("not prepared") }
            begun.withLock { $0 += 1 }
            let (store, pause) = (store, pause)
            // A move goes on by itself, whoever asked for it.
            Task.detached {
                try? await Task.sleep(nanoseconds: pause)
                let commit = MoveCommit(
                    tenant: tenant, move: move, version: row.version, source: owner, incarnation: node.incarnation,
                    txid: .none, checksum: 0)
                guard case .committed(let placement)? = try? await PlacementRows(store).commit(commit, at: now) else {
                    return
                }
                _ = try? await PlacementRows(store).finish(placement, at: now)
            }
            return move
        } catch {
            throw .unknown("\(error)")
        }
    }
}
