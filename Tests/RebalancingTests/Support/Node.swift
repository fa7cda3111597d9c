import Catalog
import CatalogDrivers
import Foundation
import Journal
import Lanes
import Membership
import Movers
import Rebalancing
import Residents
import Routing
import SQLiteKit
import Seams
import Synchronization
import Tenants
import Vocabulary

/// A node as a process: it is started, it may crash at any moment, and it is started again on what its disk holds.
final class Node: Sendable {
    /// What dies with the process.
    struct Process: Sendable {
        let number: Int
        let engine: TenantEngine
        let book: OwnerBook
        let parked: ParkedRequests
        let residents: Residents
        let arrivals: ArrivalService
        let desk: MoveDesk
        let notices: Notices
    }

    let id: NodeID
    let directory: String
    let cluster: Cluster
    private let process = Mutex<Process?>(nil)
    private let starts = Atomic<Int>(0)
    /// Processes with a number up to this one are no more.
    private let dead = Atomic<Int>(0)

    init(_ name: String, _ cluster: Cluster) {
        id = NodeID(name)!
        directory = NSTemporaryDirectory() + "rowhouse-moves-" + UUID().uuidString
        self.cluster = cluster
    }

    /// Nil while it is down.
    var current: Process? { process.withLock { $0 } }

    /// The crash of a process: nothing is flushed, nothing is said.
    func crash() {
        let victim = process.withLock { process in
            defer { process = nil }
            return process
        }
        guard let victim else { return }
        dead.store(victim.number, ordering: .releasing)
        victim.engine.abandon()
    }

    func isDead(_ number: Int) -> Bool { number <= dead.load(ordering: .acquiring) }

    func stop() throws {
        let last = process.withLock { process in
            defer { process = nil }
            return process
        }
        try last?.engine.shutdown()
    }

    /// Starts as a process does: engine and recovery, lease (which settles moves), copies, then requests.
    func start() async throws {
        let number = starts.add(1, ordering: .relaxed).newValue
        let engine = try await onThread { try Node.engine(self.directory) }
        do {
            let started = try await assemble(engine, number)
            process.withLock { $0 = started }
            cluster.tasks.yield { [weak self] in await self?.loops(started) }
        } catch {
            engine.abandon()
            throw error
        }
    }

    private func assemble(_ engine: TenantEngine, _ number: Int) async throws -> Process {
        let time = SystemTime()
        let store = CatalogStore(
            driver: NodeCatalog(node: self, number: number), random: SystemRandom(), sleep: sleeping)
        let book = OwnerBook(id)
        let notices = Notices()
        let arrivals = ArrivalService(
            node: id, engine: engine, store: store, time: time, sleep: sleeping, budgets: cluster.budgets
        ) { notices.add($0) }
        let residents = Residents(
            node: id, engine: engine, book: book, store: store, templates: ["default": try cluster.template(engine)],
            arrivals: arrivals, time: time)
        let parked = ParkedRequests(book: book, time: time)
        let lease = LeaseKeeper(
            NodeRegistration(id: id, address: "http://\(id)", zone: "", labels: [:]), store: store, numbers: .standard,
            right: ServingRight(), time: time, sleep: sleeping)
        let begun = try await lease.begin()
        try await arrivals.recover()
        var site = MoveSite(
            residents: residents, parked: parked, cache: PlacementCache(), store: store,
            incarnation: begun.node.incarnation, peers: NodePeers(from: self, number: number), time: time,
            random: SystemRandom(), sleep: sleeping)
        site.budgets = cluster.budgets
        site.notice = { notices.add($0) }
        return Process(
            number: number, engine: engine, book: book, parked: parked, residents: residents, arrivals: arrivals,
            desk: MoveDesk(site), notices: notices)
    }

    /// Until the process is no more.
    private func loops(_ process: Process) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await process.desk.run() }
            group.addTask { await process.arrivals.run() }
            group.addTask { await process.parked.run(sleep: sleeping) }
            while isRunning(process.number), !Task.isCancelled { try? await sleeping(5_000_000) }
            group.cancelAll()
        }
    }

    func isRunning(_ number: Int) -> Bool { current?.number == number }

    private static func engine(_ directory: String) throws -> TenantEngine {
        var settings = EngineSettings(directory: directory)
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        settings.transactionBytes = 16 << 20
        let start = EngineStart(
            settings: settings, journalOptions: options, files: PosixFiles(), time: SystemTime(), random: SystemRandom()
        )
        return try start.run(progress: { _ in }, onFatal: { error in fatalError("\(error)") })
    }
}

let sleeping: Sleep = { nanoseconds in try await Task.sleep(nanoseconds: nanoseconds) }

func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// What moves told of their ends.
final class Notices: Sendable {
    private let list = Mutex<[MoveNotice]>([])
    var all: [MoveNotice] { list.withLock { $0 } }
    func add(_ notice: MoveNotice) { list.withLock { $0.append(notice) } }
}
