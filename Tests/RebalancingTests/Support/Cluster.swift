import Catalog
import CatalogDrivers
import Foundation
import Journal
import Movers
import Rebalancing
import Residents
import Seams
import Synchronization
import Tenants
import Testing
import Vocabulary

/// Two nodes and a catalog that never fails by itself, joined by a network that does what a test says.
final class Cluster: Sendable {
    let faults = Faults()
    let budgets: MoveBudgets
    let tasks: AsyncStream<@Sendable () async -> Void>.Continuation
    private let work: AsyncStream<@Sendable () async -> Void>
    private let catalog: Catalog
    private let nodeTable = Mutex<[String: Node]>([:])

    private init(_ budgets: MoveBudgets, _ catalog: Catalog) {
        self.budgets = budgets
        self.catalog = catalog
        (work, tasks) = AsyncStream.makeStream()
    }

    /// Runs a test on a cluster of n1 and n2, both up.
    static func run(
        budgets: MoveBudgets = .quick, _ body: (_ cluster: Cluster, _ n1: Node, _ n2: Node) async throws -> Void
    ) async throws {
        let cluster = Cluster(budgets, try await Catalog())
        let (n1, n2) = (Node("n1", cluster), Node("n2", cluster))
        cluster.nodeTable.withLock { $0 = ["http://n1": n1, "http://n2": n2] }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { group in
                    for await task in cluster.work { group.addTask { await task() } }
                    group.cancelAll()
                }
            }
            do {
                try await n1.start()
                try await n2.start()
                try await body(cluster, n1, n2)
            } catch {
                cluster.end(n1, n2)
                throw error
            }
            cluster.end(n1, n2)
            try await group.waitForAll()
        }
    }

    private func end(_ nodes: Node...) {
        faults.disarm()
        for node in nodes { node.crash() }
        tasks.finish()
        catalog.end()
        for node in nodes { try? FileManager.default.removeItem(atPath: node.directory) }
    }

    func node(at address: String) -> Node? { nodeTable.withLock { $0[address] } }
    func node(_ id: NodeID) -> Node { nodeTable.withLock { $0["http://\(id)"]! } }

    /// Reads and writes the catalog as an operator would.
    var store: CatalogStore { CatalogStore(driver: catalog.driver, random: SystemRandom(), sleep: sleeping) }
    var driver: any CatalogDriver { catalog.driver }

    func template(_ engine: TenantEngine) throws -> Template {
        try engine.templates.make(sql: "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)")
    }

    /// Makes a tenant on a node.
    func make(_ name: String, on node: Node) async throws -> TenantRow {
        let new = NewTenant(key: try TenantKey(name))
        guard case .created(let row) = try await TenantRows(store).create(new, on: node.id, at: SystemTime().wall())
        else { throw Failure("not created") }
        return try await node.current!.residents.takeUp(row)
    }

    /// As a purge at the owner leaves it: no row.
    func erase(_ tenant: TenantID, at now: WallTime) async throws {
        let operation = CatalogOperation(id: OperationID(high: 7, low: tenant.rawValue), at: now)
        let id = Int64(bitPattern: tenant.rawValue)
        _ = try await driver.run(
            CatalogTransaction(
                .write(operation),
                ["tenants WHERE id", "placements WHERE tenant"].map {
                    CatalogStatement("DELETE FROM \($0) = ?1", [.integer(id)])
                }))
    }

    func placement(_ tenant: TenantID) async throws -> Placement { try await PlacementRows(store).find(tenant)! }

    /// Waits until a move has ended.
    func end(of move: String, within seconds: Double = 20) async throws -> MoveRow {
        let start = SystemTime().monotonic()
        while Double(SystemTime().monotonic().nanoseconds(since: start)) / 1e9 < seconds {
            if let row = try await MoveRows(store).find(move), row.state == .done || row.state == .aborted {
                return row
            }
            try await sleeping(2_000_000)
        }
        throw Failure("the move did not end: \(String(describing: try await MoveRows(store).find(move)))")
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension MoveBudgets {
    /// For tests: nothing takes longer than a second or two.
    static var quick: MoveBudgets {
        var budgets = MoveBudgets()
        budgets.transactionPatience = 300_000_000
        budgets.freeze = 3_000_000_000
        budgets.readPatience = 200_000_000
        budgets.parkReads = 1_000_000_000
        budgets.copy = 2_000_000_000
        // Several pieces even of a small tenant.
        budgets.piecePages = 2
        budgets.piecePause = 20_000_000
        budgets.position = 500_000_000
        budgets.hint = 300_000_000
        budgets.silence = 500_000_000
        budgets.look = 30_000_000
        budgets.finish = 200_000_000
        budgets.sweep = 50_000_000
        budgets.tailPages = .max
        return budgets
    }

    /// The same, with tenants of any size copied beside the writes, in many small batches.
    static var besideWrites: MoveBudgets {
        var budgets = quick
        budgets.tailPages = 0
        budgets.batchPages = 3
        budgets.tail = TailPace.Limits(pause: 200_000, longestPause: 500_000_000, patience: 12)
        budgets.following = 3_000_000_000
        budgets.lastPages = 2_000_000_000
        budgets.followSilence = 4_000_000_000
        return budgets
    }
}

/// How a test's tenants move.
enum Way: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case whileFrozen
    case besideWrites

    var budgets: MoveBudgets { self == .whileFrozen ? .quick : .besideWrites }
    var testDescription: String { rawValue }
}

/// The catalog, on an engine of its own.
struct Catalog: Sendable {
    let driver: EmbeddedCatalog
    private let engine: TenantEngine
    private let directory: String

    init() async throws {
        let directory = NSTemporaryDirectory() + "rowhouse-moves-catalog-" + UUID().uuidString
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        var settings = EngineSettings(directory: directory)
        settings.transactionBytes = 16 << 20
        let start = EngineStart(
            settings: settings, journalOptions: options, files: PosixFiles(), time: SystemTime(), random: SystemRandom()
        )
        let engine = try await onThread { try start.run(progress: { _ in }, onFatal: { fatalError("\($0)") }) }
        let driver = EmbeddedCatalog(engine: engine)
        try await driver.prepare()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: SystemTime().wall())
        self.driver = driver
        self.engine = engine
        self.directory = directory
    }

    func end() {
        engine.abandon()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
