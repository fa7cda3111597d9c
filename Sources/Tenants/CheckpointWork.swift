import Journal
import SQLiteKit
import Synchronization
import Vocabulary

/// Copies one tenant's durable commits into its file, and says how far the file is then.
final class CheckpointWork: TenantWork, @unchecked Sendable {
    // @unchecked: written on the tenant's thread, read after `group` has counted it.
    private let engine: TenantEngine
    private let group: WorkGroup
    /// A tenant whose oldest record is at or below it must let go of it, whatever its readers need.
    private let heldBack: LSN
    /// The journal cannot keep the records of damaged tenants any longer.
    private let givesUpDamaged: Bool
    let tenant: TenantID
    /// The file (not yet synced) and the records behind hold every record of the tenant up to here.
    private(set) var covered: LSN?
    /// Durable before `covered` is: the record that stands for those that the file does not have.
    private(set) var needed = LSN.none
    /// What the file holds then; nil where the tenant was closed and the census knows.
    private(set) var facts: TenantState?
    /// The node state runs nothing but our own, which ends soon.
    var mayBeWithdrawn: Bool { tenant != .nodeState }

    init(_ tenant: TenantID, engine: TenantEngine, group: WorkGroup, heldBack: LSN, givesUpDamaged: Bool) {
        self.tenant = tenant
        self.engine = engine
        self.group = group
        self.heldBack = heldBack
        self.givesUpDamaged = givesUpDamaged
    }

    func handle(_ tenant: Tenant) -> Bool {
        tenant.mustYield.store(false, ordering: .relaxed)
        guard let database = tenant.openDatabase else {
            // A closed tenant's file has everything: it could not have been closed else. A damaged one's may have been
            // unreadable for a moment only: the next recovery tries again as long as its records are there.
            if engine.census.damage(of: self.tenant) == nil || givesUpDamaged { covered = engine.journal.lastLSN }
            group.leave()
            return true
        }
        guard database.newestLSN > engine.journal.durableLSN, !engine.context.faults.checkpointUndurable else {
            copy(database)
            group.leave()
            return true
        }
        guard engine.journal.ended == nil else {
            group.leave()
            return true
        }
        // Only durable commits may reach the file (rule J2). The tenant pauses for one flush: one that always has
        // commits under way would never be copied else.
        tenant.hold(self, until: database.newestLSN)
        return true
    }

    private func copy(_ database: TenantDatabase) {
        let newest = database.newestLSN
        do throws(SQLiteError) {
            if try copyLog(database) {
                covered = max(newest, engine.journal.durableLSN)
            } else {
                engine.dirty.noteHindered(tenant)
                if engine.dirty.since(tenant).map({ $0 <= heldBack }) ?? false { refresh(database) }
            }
        } catch {
            if error.isDiskFull { engine.journal.reportDiskFull() }
        }
        guard covered != nil else { return }
        let facts = database.state
        self.facts = facts
        // Here, on the tenant's thread: later it may have newer facts, or none.
        if tenant != .nodeState { engine.census.put(tenant, facts) }
    }

    /// - Returns: whether the file has everything now.
    private func copyLog(_ database: TenantDatabase) throws(SQLiteError) -> Bool {
        if try database.checkpoint() { return true }
        guard database.file.isLogFull else { return false }
        // Without room in the log nobody can write: the reads that keep it end.
        database.expireReaders()
        return try database.checkpoint()
    }

    private func refresh(_ database: TenantDatabase) {
        guard !engine.context.faults.neverRefresh else { return }
        let written = RefreshRecord(engine: engine).append(database)
        covered = written?.covered
        needed = written?.last ?? .none
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { group.leave() }
    func release() {}
}
