import Journal
import Seams
import Simulator
import Synchronization
import Vocabulary

struct TestLayout: RecoveryLayout {
    let root = "/data"
    func path(_ tenant: TenantID, _ generation: Generation) -> String { "/data/tenants/\(tenant).\(generation).sqlite" }
    func templatePath(_ hash: UInt64) -> String { "/data/templates/\(String(hash, radix: 16)).sqlite" }
}

extension JournalOptions {
    /// Everything as small as it may be, so that a few commits change segments.
    static var tiny: JournalOptions {
        var options = JournalOptions()
        options.segmentBytes = 64 * 1024
        options.journalBytes = 24 * 64 * 1024
        options.partBytes = 8704
        options.bufferBytes = 512 * 1024
        options.transactionBytes = 192 * 1024
        options.flushBytes = 24 * 1024
        options.ballastBytes = 0
        options.generationBlock = 4
        return options
    }
}

/// A node's disk, journal and model tenants, without threads: every step is a call, so that a run replays from its seed.
final class TestWorld {
    static let journalPath = "/data/journal"
    let layout = TestLayout()
    private(set) var disk: SimulatedDisk
    let time = ManualTime()
    let random: SeededRandom
    var options: JournalOptions
    var faults: JournalFaults
    private(set) var journal: Journal
    private(set) var report: OpenReport
    private(set) var recovered: [RecoveredTenant]
    var tenants: [ModelTenant] = []
    /// The highest LSN that was ever acknowledged.
    private(set) var acknowledged = LSN.none
    let fatal = FatalBox()
    private var template: [Page] = []
    static let templateHash: UInt64 = 0xABCD

    init(
        seed: UInt64 = 1, disk: SimulatedDisk = SimulatedDisk(), options: JournalOptions = .tiny,
        faults: JournalFaults = JournalFaults()
    ) throws {
        self.disk = disk
        self.options = options
        self.faults = faults
        random = SeededRandom(seed: seed)
        template = [Page(repeating: 0x11, count: 4096), Page(repeating: 0x22, count: 4096)]
        disk.put(template.flatMap { $0 }, at: layout.templatePath(Self.templateHash))
        try disk.makeDirectory("/data/tenants")
        try disk.fileSystem(holding: "/data")?.sync()
        let opened = try Self.open(disk, time, random, options, faults, fatal, layout)
        (journal, report, recovered) = (opened.journal, opened.report, opened.tenants)
        journal.prepareNow()
    }

    private static func open(
        _ disk: SimulatedDisk, _ time: ManualTime, _ random: SeededRandom, _ options: JournalOptions,
        _ faults: JournalFaults, _ fatal: FatalBox, _ layout: TestLayout, acceptLoss: Bool = false
    ) throws -> (journal: Journal, report: OpenReport, tenants: [RecoveredTenant]) {
        let fileSystem = try disk.fileSystem(holding: "/data")
        let opened = try Journal.open(
            journalPath, files: disk, time: time, random: random, options: options, faults: faults,
            acceptLoss: acceptLoss, onFatal: { fatal.set($0) })
        let tenants = try opened.recovery.run(layout: layout, fileSystem: fileSystem, memory: 8 * 4096)
        return (opened.journal, opened.report, tenants)
    }

    // MARK: Commits

    func stamp(_ tenant: Int, generation: Generation? = nil, txid: TxID? = nil) -> RecordStamp {
        let state = tenants[tenant].now?.state
        return RecordStamp(
            tenant: tenants[tenant].id, generation: generation ?? state?.generation ?? .none, epoch: .first,
            txid: txid ?? state?.txid.next ?? .none, time: time.wall())
    }

    @discardableResult
    func create() throws -> Int {
        tenants.append(ModelTenant(id: TenantID(256 + UInt64(tenants.count))))
        let tenant = tenants.count - 1
        let stamp = stamp(tenant, generation: try journal.nextGeneration(), txid: TxID.none)
        let encoder = journal.makeEncoder()
        encoder.encodeCreated(
            stamp, template: Self.templateHash, pageCount: 2, checksum: ModelTenant.checksum(template))
        // As the engine does: the file is there, unsynced, since recovery can make it again.
        let path = layout.path(stamp.tenant, stamp.generation)
        let file = try disk.open(path, .create)
        try write(template, to: file)
        append(encoder, tenant, stamp, template)
        return tenant
    }

    /// Commits new pages; reserves as the engine does.
    @discardableResult
    func commit(_ tenant: Int, _ pages: [Page]) -> LSNRange? {
        let reserved = pages.count * 4128
        if (try? journal.reserve(reserved)) == nil {
            // What the flusher and the preparer would do in the meantime.
            flush()
            journal.prepareNow()
            guard (try? journal.reserve(reserved)) != nil else { return nil }
        }
        let encoder = journal.makeEncoder()
        let stamp = stamp(tenant)
        tenants[tenant].encode(pages, stamp, encoder)
        return append(encoder, tenant, stamp, pages, reserved: reserved)
    }

    @discardableResult
    private func append(
        _ encoder: RecordEncoder, _ tenant: Int, _ stamp: RecordStamp, _ pages: [Page], reserved: Int = 0,
        isDropped: Bool = false
    ) -> LSNRange {
        let range = journal.append(encoder, reserved: reserved)
        let state = TenantState(
            generation: stamp.generation, epoch: stamp.epoch, txid: stamp.txid, time: stamp.time,
            pageCount: UInt32(pages.count), checksum: ModelTenant.checksum(pages))
        tenants[tenant].history.append(
            ModelState(lsn: range.last, state: state, pages: pages, isDropped: isDropped))
        return range
    }

    /// Puts another file in the tenant's place (rule J8).
    func replace(_ tenant: Int, _ pages: [Page]) throws {
        let generation = try journal.nextGeneration()
        let previous = tenants[tenant].now!.state.generation
        let stamp = stamp(tenant, generation: generation)
        let file = try disk.open(layout.path(stamp.tenant, generation), .createNew)
        try write(pages, to: file)
        try file.sync()
        try disk.syncDirectory("/data/tenants")
        let encoder = journal.makeEncoder()
        encoder.encodeReplaced(
            stamp, previous: previous, pageCount: UInt32(pages.count), checksum: ModelTenant.checksum(pages))
        append(encoder, tenant, stamp, pages)
    }

    func drop(_ tenant: Int) {
        let encoder = journal.makeEncoder()
        let stamp = stamp(tenant, txid: tenants[tenant].now!.state.txid)
        encoder.encodeDropped(stamp)
        append(encoder, tenant, stamp, [], isDropped: true)
    }

    func refresh(_ tenant: Int) {
        let now = tenants[tenant].now!
        let encoder = journal.makeEncoder()
        let stamp = stamp(tenant, txid: now.state.txid)
        encoder.beginRefresh(filePages: UInt32(now.pages.count))
        for (index, page) in now.pages.enumerated() {
            let number = UInt32(index + 1)
            page.withUnsafeBytes {
                encoder.append(
                    page: number, previous: nil, current: $0.baseAddress!, hash: ModelTenant.hash(page, number))
            }
        }
        encoder.finish(stamp, pageCount: UInt32(now.pages.count), checksum: now.state.checksum)
        append(encoder, tenant, stamp, now.pages)
    }

    func flush() {
        journal.flushNow()
        acknowledged = max(acknowledged, journal.durableLSN)
    }

    // MARK: Checkpoints

    private func write(_ pages: [Page], to file: any File) throws {
        for (index, page) in pages.enumerated() {
            try page.withUnsafeBytes { try file.write($0, at: Int64(index) * 4096) }
        }
        try file.truncate(to: Int64(pages.count) * 4096)
    }

    /// Brings a tenant's file to the durable state (rule J2), unsynced.
    func checkpoint(_ tenant: Int) throws {
        guard let state = tenants[tenant].at(journal.durableLSN), !state.isDropped else { return }
        let file = try disk.open(layout.path(tenants[tenant].id, state.state.generation), .create)
        try write(state.pages, to: file)
    }

    /// Checkpoints everybody, syncs, and lets go of the journal up to there (rule J3).
    func truncateJournal() throws {
        let point = journal.durableLSN
        for tenant in tenants.indices { try checkpoint(tenant) }
        try disk.fileSystem(holding: "/data")?.sync()
        try journal.advanceRecoveryPoint(to: point, nodeState: nil)
    }

    // MARK: Crashes

    /// Opens the next process's disk and recovers.
    func reopen(on next: SimulatedDisk, acceptLoss: Bool = false) throws {
        acknowledged = max(acknowledged, journal.durableLSN)
        disk = next
        fatal.clear()
        let opened = try Self.open(next, time, random, options, faults, fatal, layout, acceptLoss: acceptLoss)
        (journal, report, recovered) = (opened.journal, opened.report, opened.tenants)
        for tenant in tenants.indices { tenants[tenant].rollBack(to: report.lastLSN) }
        journal.prepareNow()
    }

    /// Everything that is wrong with what recovery left.
    func violations() -> [String] {
        var found: [String] = []
        if report.lastLSN < acknowledged {
            found.append("LSN \(acknowledged) was acknowledged, \(report.lastLSN) is left")
        }
        for tenant in recovered {
            if let damage = tenant.damage { found.append(damage.description) }
        }
        for tenant in tenants {
            guard let expected = tenant.now else { continue }
            let after = recovered.first { $0.tenant == tenant.id }
            if let after, after.state != expected.state || after.isDropped != expected.isDropped {
                found.append("tenant \(tenant.id) is at \(after.state), should be at \(expected.state)")
            }
            guard !expected.isDropped else { continue }
            let bytes = disk.bytes(of: layout.path(tenant.id, expected.state.generation))
            if bytes != expected.pages.flatMap({ $0 }) { found.append("tenant \(tenant.id)'s file is not its pages") }
        }
        return found
    }
}

/// Where the journal says that it has ended.
final class FatalBox: Sendable {
    private let error = Mutex<JournalError?>(nil)
    func set(_ error: JournalError) { self.error.withLock { $0 = error } }
    func clear() { error.withLock { $0 = nil } }
    var value: JournalError? { error.withLock { $0 } }
}
