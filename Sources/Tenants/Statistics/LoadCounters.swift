import Synchronization
package import Vocabulary

/// What a tenant has used since this was last taken.
package struct TenantActivity: Sendable {
    package let tenant: TenantID
    /// In which its statements ran.
    package let nanoseconds: UInt64
    /// Of pages that its commits changed.
    package let written: UInt64
    /// Held now.
    package let memory: Int
    /// At rest, as of its last checkpoint.
    package let bytes: Int64
}

/// The counters of all tenants that were open since they were last taken. Locked where a tenant is opened, and where somebody
/// asks; never where it counts.
final class LoadCounters: Sendable {
    /// Of more, those opened last are not counted.
    private static let most = 200_000

    private let counters = Mutex<[TenantID: LoadCounter]>([:])

    /// The tenant's; the node's own tenants are nobody's load.
    func counter(of tenant: TenantID) -> LoadCounter {
        guard !tenant.isReserved else { return LoadCounter() }
        return counters.withLock { counters in
            if let known = counters[tenant] { return known }
            let fresh = LoadCounter()
            if counters.count < Self.most { counters[tenant] = fresh }
            return fresh
        }
    }

    /// All of them; what was closed is told once more and then forgotten.
    func take() -> [(tenant: TenantID, used: (nanoseconds: UInt64, written: UInt64, memory: Int))] {
        counters.withLock { counters in
            let taken = counters.map { (tenant: $0.key, used: $0.value.take()) }
            var closed: [TenantID] = []
            var place = counters.startIndex
            while place != counters.endIndex {
                if isKnownUniquelyReferenced(&counters.values[place]) { closed.append(counters.keys[place]) }
                counters.formIndex(after: &place)
            }
            for tenant in closed { counters[tenant] = nil }
            return taken
        }
    }
}

extension TenantEngine {
    /// What the tenants have used since this was last called: those that were open meanwhile. For one caller.
    package func takeActivity() -> [TenantActivity] {
        let taken = context.loads.take()
        let sizes = census.sizes(of: taken.map(\.tenant))
        return zip(taken, sizes).compactMap { one, size in
            size.map {
                TenantActivity(
                    tenant: one.tenant, nanoseconds: one.used.nanoseconds, written: one.used.written,
                    memory: one.used.memory, bytes: $0)
            }
        }
    }

    /// Bytes at rest of all tenants of people, and the largest. Looks at every tenant of the node: not for often.
    package func weigh(largest count: Int) -> (bytes: Int64, largest: [(tenant: TenantID, bytes: Int64)]) {
        census.weigh(largest: count)
    }
}
