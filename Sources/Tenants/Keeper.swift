import Journal
import Seams
import Vocabulary

/// Keeps the node within its bounds: closes tenants that nobody uses when there are too many or too much memory is held,
/// and ends what has waited too long.
struct Keeper {
    let engine: TenantEngine
    /// Files of generations below it were there when the process began.
    let firstGeneration: Generation

    /// Tenants closed in one round.
    private static let evictions = 64
    /// Nanoseconds that victims which do not answer are waited for: the clock is everybody's.
    private static let patience: UInt64 = 50_000_000

    func loop() {
        var nameless = NamelessFiles(engine: engine, below: firstGeneration)
        var sweep = TombstoneSweep(engine: engine)
        var wasFull = false
        while engine.life.pause(engine.settings.keeperPause) {
            tick()
            let isFull = engine.journal.isDiskFull
            if isFull != wasFull { engine.context.notices.tell(isFull ? .diskFull : .diskHasRoom) }
            wasFull = isFull
            engine.removals.run(engine.files)
            nameless.look()
            sweep.look()
            for _ in 0..<16 where isOverBounds { if !evictSome() { break } }
        }
    }

    private var isOverBounds: Bool {
        engine.open.count > engine.settings.openTenants
            || engine.load.memoryBytes > engine.settings.openMemory
            || engine.logBytes > engine.settings.logPerNode / 2
    }

    private func tick() {
        for tenant in engine.opener.ticking.all {
            guard tenant.needsTicksHint else {
                engine.opener.ticking.remove(tenant)
                continue
            }
            // To this tenant and no other: one that was closed meanwhile must not be opened again for it.
            tenant.tickSoon()
        }
    }

    /// - Returns: whether it is worth while to go on: all that were asked have answered.
    private func evictSome() -> Bool {
        let victims = engine.open.leastUsed(Self.evictions)
        guard !victims.isEmpty else { return false }
        let group = WorkGroup(victims.count)
        let works = victims.map { (id: $0.id, work: EvictWork(engine: engine, group: group)) }
        for (id, work) in works { engine.submitUrgently(work, to: id) }
        if group.wait(forEachAtMost: Self.patience) { return true }
        // One whose statement runs on is no victim.
        for (id, work) in works where engine.withdraw(work, of: id) { group.leave() }
        group.wait()
        return false
    }
}

/// Closes one tenant if it has nothing to do; copies its log into its file first.
private final class EvictWork: TenantWork {
    var mayBeWithdrawn: Bool { true }
    private let engine: TenantEngine
    private let group: WorkGroup

    init(engine: TenantEngine, group: WorkGroup) {
        self.engine = engine
        self.group = group
    }

    func handle(_ tenant: Tenant) -> Bool {
        defer { group.leave() }
        if let database = tenant.openDatabase {
            // Only durable commits may reach the file (rule J2); a tenant that is writing is no victim anyway.
            guard database.newestLSN <= engine.journal.durableLSN, database.isIdle else { return true }
            guard (try? database.checkpoint()) ?? false else { return true }
        }
        guard tenant.closeIfIdle() else { return true }
        if tenant.retireIfEmpty() { engine.open.remove(tenant) }
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { group.leave() }
    func release() {}
}
