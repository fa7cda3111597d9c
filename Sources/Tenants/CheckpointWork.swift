import Journal
import SQLiteKit
import Vocabulary

/// Copies one tenant's durable commits into its file, and says how far the file is then.
final class CheckpointWork: TenantWork, @unchecked Sendable {
    // @unchecked: written on the tenant's thread, read after `done` has counted it.
    private let journal: Journal
    private let group: WorkGroup
    let tenant: TenantID
    /// The file (not yet synced) holds every record of the tenant up to here.
    private(set) var covered: LSN?
    /// What the file holds then; nil where the tenant was closed and the census knows.
    private(set) var facts: TenantState?

    init(_ tenant: TenantID, journal: Journal, group: WorkGroup) {
        self.tenant = tenant
        self.journal = journal
        self.group = group
    }

    /// A closed tenant's file has everything: it could not have been closed else.
    func handle(_ tenant: Tenant) -> Bool {
        guard tenant.openDatabase == nil else { return false }
        covered = journal.lastLSN
        group.leave()
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome {
        defer { group.leave() }
        let newest = database.newestLSN
        // Only durable commits may reach the file (rule J2). Where the newest is not, the next round comes soon.
        guard newest <= journal.durableLSN, database.recorder.damage == nil else { return .done(after: .none) }
        let facts = database.state
        do throws(SQLiteError) {
            guard try database.checkpoint() else { return .done(after: .none) }
        } catch {
            return .done(after: .none)
        }
        self.facts = facts
        covered = max(newest, journal.durableLSN)
        return .done(after: .none)
    }

    func refuse(_ error: TenantsError) { group.leave() }
    func release() {}
}
