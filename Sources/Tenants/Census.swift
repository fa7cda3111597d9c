import Synchronization
import Vocabulary

/// The newest known facts about every tenant on this node that is not open: what its file is called and what is in it.
///
/// Kept in memory (about 100 bytes a tenant), filled from the node state database at start, so that opening a tenant needs no
/// look-up elsewhere. A damage is kept like a fact: it must not be forgotten by a restart.
final class Census: Sendable {
    /// What the node state says of one tenant.
    struct Row: Sendable {
        let tenant: TenantID
        /// nil stands for a tenant that is gone.
        let facts: TenantState?
        let damage: String?
    }

    private struct Damage {
        let reason: String
        /// Known from an earlier process: whoever opens the tenant first looks whether the file has been mended.
        var isInherited: Bool
    }

    private struct State {
        var tenants: [TenantID: TenantState] = [:]
        var damaged: [TenantID: Damage] = [:]
        /// Those whose row in the node state is older.
        var unsaved: Set<TenantID> = []
        /// Those whose facts have changed since they were last told of in lists.
        var untold: Set<TenantID> = []
    }

    private let state = Mutex(State())

    /// At start, before anything runs.
    func load(_ rows: [Row]) {
        state.withLock { state in
            for row in rows {
                state.tenants[row.tenant] = row.facts
                state.damaged[row.tenant] = row.damage.map { Damage(reason: $0, isInherited: true) }
            }
        }
    }

    func find(_ tenant: TenantID) -> TenantState? { state.withLock { $0.tenants[tenant] } }
    func damage(of tenant: TenantID) -> String? { state.withLock { $0.damaged[tenant]?.reason } }

    func put(_ tenant: TenantID, _ facts: TenantState) {
        state.withLock { state in
            guard state.tenants[tenant] != facts else { return }
            state.tenants[tenant] = facts
            state.unsaved.insert(tenant)
            if !tenant.isReserved { state.untold.insert(tenant) }
        }
    }

    func remove(_ tenant: TenantID) {
        state.withLock { state in
            state.tenants[tenant] = nil
            state.damaged[tenant] = nil
            state.unsaved.insert(tenant)
            state.untold.remove(tenant)
        }
    }

    func markDamaged(_ tenant: TenantID, _ reason: String) {
        state.withLock { state in
            state.damaged[tenant] = Damage(reason: reason, isInherited: false)
            state.unsaved.insert(tenant)
        }
    }

    /// The file is what the facts say after all.
    func clearDamage(of tenant: TenantID) {
        state.withLock { state in
            state.damaged[tenant] = nil
            state.unsaved.insert(tenant)
        }
    }

    /// - Returns: true once for a damage that an earlier process found.
    func mayBeMended(_ tenant: TenantID) -> Bool {
        state.withLock { state in
            guard state.damaged[tenant]?.isInherited ?? false else { return false }
            state.damaged[tenant]?.isInherited = false
            return true
        }
    }

    /// Tenants of people: the node's own are not counted.
    var count: Int {
        state.withLock { state in
            let own = [TenantID.catalog, .nodeState].count { state.tenants[$0] != nil }
            return state.tenants.count - own
        }
    }
    /// In the order of the tenants; nil for one that is not here.
    func sizes(of tenants: [TenantID]) -> [Int64?] {
        state.withLock { state in tenants.map { state.tenants[$0].map(Self.size) } }
    }

    /// Of all tenants of people, and those that have the most; those first.
    func weigh(largest count: Int) -> (bytes: Int64, largest: [(tenant: TenantID, bytes: Int64)]) {
        state.withLock { state in
            var bytes: Int64 = 0
            var largest: [(tenant: TenantID, bytes: Int64)] = []
            var floor: Int64 = 0
            for (tenant, facts) in state.tenants where !tenant.isReserved {
                let size = Self.size(facts)
                bytes += size
                guard size > floor || largest.count < count else { continue }
                largest.append((tenant, size))
                // Cut now and then: so each tenant is sorted a few times at most.
                guard largest.count >= 2 * count else { continue }
                largest.sort { $0.bytes > $1.bytes }
                largest.removeSubrange(count...)
                floor = largest.last?.bytes ?? 0
            }
            largest.sort { $0.bytes > $1.bytes }
            return (bytes, Array(largest.prefix(count)))
        }
    }

    private static func size(_ facts: TenantState) -> Int64 { Int64(facts.pageCount) * Int64(PageHash.pageSize) }

    var damagedTenants: [TenantID: String] { state.withLock { $0.damaged.mapValues(\.reason) } }
    var ids: [TenantID] { state.withLock { $0.tenants.keys.sorted() } }

    /// Takes up to `limit` unsaved rows out. Put them back with `unsave` if saving fails.
    func takeUnsaved(_ limit: Int) -> [Row] {
        state.withLock { state in
            let taken = Array(state.unsaved.prefix(limit))
            state.unsaved.subtract(taken)
            return taken.map { Row(tenant: $0, facts: state.tenants[$0], damage: state.damaged[$0]?.reason) }
        }
    }

    /// Takes up to `limit` tenants out whose facts nobody has been told of.
    func takeUntold(_ limit: Int) -> [(tenant: TenantID, facts: TenantState)] {
        state.withLock { state in
            let taken = Array(state.untold.prefix(limit))
            state.untold.subtract(taken)
            return taken.compactMap { tenant in state.tenants[tenant].map { (tenant, $0) } }
        }
    }

    func untell(_ tenants: [TenantID]) {
        state.withLock { state in state.untold.formUnion(tenants.filter { state.tenants[$0] != nil }) }
    }

    func unsave(_ rows: [Row]) { state.withLock { $0.unsaved.formUnion(rows.map(\.tenant)) } }
}
