import Synchronization
import Vocabulary

/// The tenants that the node has in memory, and a clock hand that finds the ones nobody has used for a while.
final class OpenTenants: Sendable {
    private struct State {
        var table: [TenantID: Tenant] = [:]
        /// Tenants that left the table stay here until the hand comes by.
        var ring: [Tenant] = []
        var hand = 0
        var isClosed = false
        var isSealed = false
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.table.count } }
    var all: [Tenant] { state.withLock { Array($0.table.values) } }

    func find(_ id: TenantID) -> Tenant? { state.withLock { $0.table[id] } }

    /// The tenant that is there, or the one that `make` makes; after `close` a new one is barred from the start.
    func findOrAdd(_ id: TenantID, _ make: () -> Tenant) -> Tenant {
        state.withLock { state in
            if let known = state.table[id] { return known }
            let fresh = make()
            if state.isClosed { fresh.bar(.shuttingDown) }
            // Somebody who has not heard of the end is told by a tenant that nobody else will find.
            if state.isSealed { return fresh }
            state.table[id] = fresh
            state.ring.append(fresh)
            return fresh
        }
    }

    /// Takes the tenant out if it is still this one.
    func remove(_ tenant: Tenant) {
        state.withLock { state in
            guard state.table[tenant.id] === tenant else { return }
            state.table[tenant.id] = nil
        }
    }

    /// Bars every tenant that is here and every one that comes.
    func close() {
        state.withLock { state in
            state.isClosed = true
            for tenant in state.table.values { tenant.bar(.shuttingDown) }
        }
    }

    /// Takes all out; none is let in any more.
    func removeAll() -> [Tenant] {
        state.withLock { state in
            state.isSealed = true
            defer { (state.table, state.ring) = ([:], []) }
            return Array(state.table.values)
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
                let tenant = state.ring[state.hand]
                guard state.table[tenant.id] === tenant else {
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
