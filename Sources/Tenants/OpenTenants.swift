import Synchronization
import Vocabulary

/// The tenants that the node has in memory, and a clock hand that finds the ones nobody has used for a while.
final class OpenTenants: Sendable {
    private struct State {
        var table: [TenantID: Tenant] = [:]
        var ring: [TenantID] = []
        var hand = 0
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.table.count } }
    var all: [Tenant] { state.withLock { Array($0.table.values) } }

    func find(_ id: TenantID) -> Tenant? { state.withLock { $0.table[id] } }

    /// The tenant that is there, or the one that `make` makes.
    func findOrAdd(_ id: TenantID, _ make: () -> Tenant) -> Tenant {
        state.withLock { state in
            if let known = state.table[id] { return known }
            let fresh = make()
            state.table[id] = fresh
            state.ring.append(id)
            return fresh
        }
    }

    /// Takes the tenant out if it is still this one.
    func remove(_ tenant: Tenant) {
        state.withLock { state in
            guard state.table[tenant.id] === tenant else { return }
            state.table[tenant.id] = nil
            // The ring forgets it when the hand comes by.
        }
    }

    /// Up to `limit` tenants that were not used since the hand last passed them.
    func leastUsed(_ limit: Int) -> [Tenant] {
        state.withLock { state in
            var found: [Tenant] = []
            var looked = 0
            // Twice around at most: the first pass may only clear marks.
            let most = state.ring.count * 2
            while found.count < limit, looked < most, !state.ring.isEmpty {
                looked += 1
                if state.hand >= state.ring.count { state.hand = 0 }
                guard let tenant = state.table[state.ring[state.hand]] else {
                    state.ring.swapAt(state.hand, state.ring.count - 1)
                    state.ring.removeLast()
                    continue
                }
                if !tenant.wasUsed.exchange(false, ordering: .relaxed), !tenant.id.isReserved { found.append(tenant) }
                state.hand += 1
            }
            return found
        }
    }
}
