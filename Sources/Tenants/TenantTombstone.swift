import Journal
import Seams
package import Vocabulary

extension TenantEngine {
    /// Milliseconds for which the file of a tenant that has left is kept.
    package static let tombstoneRetention: Int64 = 24 * 3_600_000

    /// The tenant has another owner: its copy here is served no more, ever. What waited is refused with `.moving`, whatever
    /// still comes with that or with `.notFound`. When it returns that is durable, and the file lies under
    /// `lost+found/tombstones`.
    ///
    /// - Parameter epoch: the last under which it was served here; a copy of a later one is left alone.
    /// - Returns: false if there was no such copy.
    /// - Throws: `TenantsError`.
    @discardableResult
    package func entomb(_ id: TenantID, upTo epoch: Epoch) async throws -> Bool {
        guard let here = census.find(id), here.epoch <= epoch else { return false }
        let gone = try await withCheckedThrowingContinuation { continuation in
            submitUrgently(EntombWork(engine: self, epoch: epoch, Reply(continuation)), to: id)
        }
        guard let gone else { return false }
        submitUrgently(RetireWork(engine: self), to: id)
        let (files, layout, now) = (files, layout, context.time.wall())
        try? await clerk.run { () throws(TenantsError) in
            Tombstones(files: files, layout: layout).bury(id, gone, at: now)
        }
        return true
    }

    /// Removes files of tenants that left long ago.
    package func sweepTombstones() async {
        let before = context.time.wall().milliseconds - Self.tombstoneRetention
        let (files, layout) = (files, layout)
        try? await clerk.run { () throws(TenantsError) in
            Tombstones(files: files, layout: layout).sweep(before: before)
        }
    }
}

private final class EntombWork: TenantWork, @unchecked Sendable {
    // @unchecked: `result` is written on the tenant's thread and read when the work is released, which comes after.
    private let engine: TenantEngine
    private let epoch: Epoch
    private let reply: Reply<Generation?>
    private var result: Result<Generation?, TenantsError>?

    init(engine: TenantEngine, epoch: Epoch, _ reply: Reply<Generation?>) {
        self.engine = engine
        self.epoch = epoch
        self.reply = reply
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let here = tenant.openDatabase?.state ?? engine.census.find(tenant.id), here.epoch <= epoch else {
            result = .success(nil)
            return true
        }
        tenant.bar(.moving(tenant.id), replacing: nil)
        if tenant.mustAwaitReaders(recalling: true) { return true }
        do throws(TenantsError) {
            result = .success(try engine.dropNow(tenant).0.generation)
        } catch {
            result = .failure(error)
        }
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    /// The drop is durable.
    func release() { reply.send(result!) }
}

/// Takes a tenant that has left out of the node's table: what comes for it finds no file, which is as good as the bar.
private final class RetireWork: TenantWork {
    private let engine: TenantEngine

    init(engine: TenantEngine) { self.engine = engine }

    func handle(_ tenant: Tenant) -> Bool {
        // It may have come back.
        guard tenant.openDatabase == nil, engine.census.find(tenant.id) == nil else { return true }
        tenant.bar(nil, replacing: .moving(tenant.id))
        if tenant.closeIfIdle(), tenant.retireIfEmpty() { engine.open.remove(tenant) }
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) {}
    func release() {}
}

/// Removes now and then what was put away long ago. On the keeper's thread.
struct TombstoneSweep {
    private let engine: TenantEngine
    private var next = Instant(nanoseconds: 0)

    /// Nanoseconds between two looks.
    private static let pause: UInt64 = 3_600_000_000_000

    init(engine: TenantEngine) { self.engine = engine }

    mutating func look() {
        let now = engine.context.time.monotonic()
        guard now >= next else { return }
        next = now.advanced(byNanoseconds: Self.pause)
        let before = engine.context.time.wall().milliseconds - TenantEngine.tombstoneRetention
        Tombstones(files: engine.files, layout: engine.layout).sweep(before: before)
    }
}

/// Files that no tenant has any more: `<id>.<generation>.<milliseconds>.sqlite`, the time being when they were put away. Those of
/// tenants that have left, and what a crash left of tenants that go on in another file.
struct Tombstones {
    let files: any Files
    let layout: TenantLayout

    /// Best effort: a file that stays where it was is named by nothing and found by whoever looks for such.
    func bury(_ id: TenantID, _ generation: Generation, at now: WallTime) {
        try? files.makeDirectory(layout.tombstones)
        let name = "\(layout.tombstones)/\(id).\(generation).\(now).sqlite"
        do throws(FileError) {
            try files.rename(layout.path(of: id, generation), to: name)
        } catch {
            // After a start, whoever looks for files that nothing names may have been quicker.
            try? files.rename("\(layout.lostAndFound)/\(id).\(generation).sqlite", to: name)
        }
        try? files.syncDirectory(layout.tombstones)
        try? files.syncDirectory(layout.folder(of: id))
    }

    func sweep(before: Int64) {
        guard let names = try? files.list(layout.tombstones) else { return }
        for name in names {
            let parts = name.split(separator: ".")
            guard parts.count == 4, let left = Int64(parts[2]), left < before else { continue }
            try? files.remove(layout.tombstones + "/" + name)
        }
    }
}
