import Synchronization
import Vocabulary

/// The newest known facts about every tenant on this node that is not open: what its file is called and what is in it.
///
/// Kept in memory (about 100 bytes a tenant), filled from the node state database at start, so that opening a tenant needs no
/// look-up elsewhere. `unsaved` are those whose row in the node state is older.
final class Census: Sendable {
    private struct State {
        var tenants: [TenantID: TenantState] = [:]
        /// nil stands for a tenant that is gone.
        var unsaved: [TenantID: TenantState?] = [:]
        var damaged: [TenantID: String] = [:]
    }

    private let state = Mutex(State())

    /// At start, before anything runs.
    func load(_ rows: [TenantID: TenantState]) { state.withLock { $0.tenants = rows } }

    func find(_ tenant: TenantID) -> TenantState? { state.withLock { $0.tenants[tenant] } }
    func damage(of tenant: TenantID) -> String? { state.withLock { $0.damaged[tenant] } }

    func put(_ tenant: TenantID, _ facts: TenantState) {
        state.withLock {
            $0.tenants[tenant] = facts
            $0.unsaved[tenant] = .some(facts)
            $0.damaged[tenant] = nil
        }
    }

    func remove(_ tenant: TenantID) {
        state.withLock {
            $0.tenants[tenant] = nil
            $0.unsaved[tenant] = .some(nil)
            $0.damaged[tenant] = nil
        }
    }

    func markDamaged(_ tenant: TenantID, _ reason: String) { state.withLock { $0.damaged[tenant] = reason } }

    var count: Int { state.withLock { $0.tenants.count } }
    var damagedTenants: [TenantID: String] { state.withLock { $0.damaged } }
    var ids: [TenantID] { state.withLock { $0.tenants.keys.sorted() } }

    /// Takes up to `limit` unsaved rows out; `nil` facts mean the row goes. Put them back with `unsave` if saving fails.
    func takeUnsaved(_ limit: Int) -> [(tenant: TenantID, facts: TenantState?)] {
        state.withLock { state in
            let taken = state.unsaved.prefix(limit).map { (tenant: $0.key, facts: $0.value) }
            for entry in taken { state.unsaved[entry.tenant] = nil }
            return taken
        }
    }

    func unsave(_ rows: [(tenant: TenantID, facts: TenantState?)]) {
        state.withLock { state in
            for row in rows where state.unsaved[row.tenant] == nil { state.unsaved[row.tenant] = .some(row.facts) }
        }
    }
}
