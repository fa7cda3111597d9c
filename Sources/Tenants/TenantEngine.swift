package import Journal
import Lanes
import SQLiteKit
package import Seams
package import Vocabulary

/// The tenants of one node: opens them when they are asked for, runs works on them, closes the ones that nobody uses.
///
/// Everything that changes a tenant goes through one journal; an answer leaves when the journal has what it tells of.
package final class TenantEngine: Sendable {
    package let layout: TenantLayout
    package let settings: EngineSettings
    package let journal: Journal
    package let templates: TemplateStore
    package let load: NodeLoad
    let census: Census
    let open = OpenTenants()
    let lanes: LaneGroup
    let opener: TenantOpener
    let events: EventRecorder
    let dirty: DirtyTenants
    let context: DatabaseContext
    let files: any Files
    /// That of the tenants' files; nil where each file is synced.
    let fileSystem: (any FileSystem)?
    let checkpoints: CheckpointRequests
    let life: EngineLife
    let removals = FileRemovals()
    var compactions: CompactionQueue { context.compactions }
    /// Copies of whole tenants are read and written here, piece by piece.
    let copier = ServiceThread()
    /// The same for clients' downloads, so that moves do not wait for them.
    let downloads = ServiceThread()
    /// The same for clients' uploads.
    let uploadWrites = ServiceThread()
    let uploads = UploadRequests()
    package let pushes: PushShelf
    let snapshotSpace = SnapshotSpace()
    package let replicas: ReplicaDesk
    /// What takes a moment and should not wait behind that: files are renamed, manifests written.
    let clerk = ServiceThread()

    /// Wires the parts; `EngineStart` fills the census and starts the threads.
    init(parts: EngineParts) {
        layout = parts.layout
        settings = parts.settings
        journal = parts.journal
        files = parts.files
        fileSystem = parts.fileSystem
        census = parts.census
        lanes = parts.lanes
        dirty = parts.dirty
        context = parts.context
        templates = TemplateStore(files: parts.files, layout: parts.layout)
        load = NodeLoad(bound: parts.settings.nodeQueue)
        checkpoints = CheckpointRequests()
        life = parts.context.life
        opener = TenantOpener(
            layout: parts.layout, census: parts.census, journal: parts.journal, dirty: parts.dirty,
            context: parts.context)
        replicas = ReplicaDesk(
            layout: parts.layout, settings: parts.settings, files: parts.files, time: parts.context.time)
        pushes = PushShelf(PushShelf.Bounds(bytes: 4 * parts.settings.pushBytes))
        events = EventRecorder(journal: parts.journal, dirty: parts.dirty)
    }

    // MARK: Works

    /// Hands a work to its tenant. It is run, then released when its answer may leave, or refused; never forgotten.
    package func submit(_ work: any TenantWork, to id: TenantID) {
        guard load.enter() else { return work.refuse(.busy(queue: "node's queue")) }
        deliver(work, to: id, .queue)
    }

    /// The engine's own works go first and past the bounds.
    func submitUrgently(_ work: any TenantWork, to id: TenantID) {
        load.enterUrgently()
        deliver(work, to: id, .front)
    }

    /// Nobody waits for the work's answer any more: it leaves its queue if it is in one, and what runs for it ends. It is
    /// released or refused all the same. Any thread; must be the tenant that it was submitted to.
    package func cancel(_ work: any TenantWork, of id: TenantID) {
        work.cancellation?.cancel()
        if withdraw(work, of: id) { work.refuse(.clientLeft) }
    }

    /// - Returns: whether the work was still waiting; it is the caller's then, neither released nor refused.
    func withdraw(_ work: any TenantWork, of id: TenantID) -> Bool {
        guard let tenant = open.find(id), tenant.withdraw(work) else { return false }
        load.leave()
        return true
    }

    func deliver(_ work: any TenantWork, to id: TenantID, _ place: Mailbox.Place) {
        // A tenant that is being evicted says so once; the table then has a new one.
        for _ in 0..<3 {
            let tenant = find(id)
            switch tenant.submit(work, place) {
            case nil: return
            case .retry:
                open.remove(tenant)
                continue
            case .full:
                load.leave()
                return work.refuse(.busy(queue: "tenant's queue"))
            case .barred(let error):
                load.leave()
                return work.refuse(error)
            }
        }
        load.leave()
        work.refuse(.busy(queue: "tenant's queue"))
    }

    func find(_ id: TenantID) -> Tenant {
        if let known = open.find(id) { return known }
        let parts = TenantParts(
            opener: opener, journal: journal, load: load, context: context, checkpoints: checkpoints, life: life)
        return open.findOrAdd(id) {
            Tenant(id: id, lane: lanes.lanes[Int(id.rawValue % UInt64(lanes.lanes.count))], parts: parts)
        }
    }

    /// Runs a closure on the tenant's thread and returns when what it did is durable.
    ///
    /// - Throws: `TenantsError`, or what the closure throws.
    package func perform<Result: Sendable>(
        on id: TenantID, _ body: @escaping @Sendable (TenantDatabase) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            submit(ClosureWork(body, continuation), to: id)
        }
    }

    // MARK: Facts

    /// What is known of a tenant that has a file here; for an open one the facts may be a few commits old.
    package func facts(of id: TenantID) -> TenantState? { census.find(id) }
    package var tenantCount: Int { census.count }
    /// The tenants that have a file here, without the node's own.
    package var tenants: [TenantID] { census.ids.filter { !$0.isReserved } }
    /// From now on this makes way where the disk is full, before writes are refused.
    package func whenDiskFull(_ relief: any DiskRelief) { journal.whenDiskFull(relief) }

    /// Lets what may make way on the disk do so. Blocks.
    ///
    /// - Returns: whether it is worth while to try again.
    package func makeRoom() -> Bool { journal.makeRoom() }

    package var openCount: Int { open.count - [TenantID.catalog, .nodeState].count { open.find($0) != nil } }
    package var damaged: [TenantID: String] { census.damagedTenants }
    package var logBytes: Int { context.vfs.budget.usedBytes }
    /// Files compacted since the start.
    package var compactionCount: UInt64 { context.notices.compactionCount }
    /// Bytes that SQLite has allocated for tenants.
    package var sqlMemoryBytes: Int { context.memory.usedBytes }
    package var laneQueueLengths: [Int] { lanes.lanes.map(\.queueLength) }
    package var commitCount: UInt64 { context.commitCount.value }
    package var streamCount: Int { context.streamCount.value }
    /// Descriptors of tenants' files that are open now.
    package var descriptorCount: Int { context.vfs.descriptors.openCount }
    package var threadCount: Int { lanes.threadCount }
}

/// What an engine is made of.
struct EngineParts {
    var layout: TenantLayout
    var settings: EngineSettings
    var files: any Files
    var fileSystem: (any FileSystem)?
    var journal: Journal
    var census: Census
    var lanes: LaneGroup
    var dirty: DirtyTenants
    var context: DatabaseContext
}
