import Synchronization
import Vocabulary

/// Tenants on which the clock has something to watch: open streams, waiting writers. Small beside the open ones.
final class TickingTenants: Sendable {
    private let tenants = Mutex<[TenantID: Tenant]>([:])

    func add(_ tenant: Tenant) { tenants.withLock { $0[tenant.id] = tenant } }
    func remove(_ tenant: Tenant) { tenants.withLock { if $0[tenant.id] === tenant { $0[tenant.id] = nil } } }
    /// At the end: a tenant knows this table too, and nobody looks at it any more.
    func removeAll() { tenants.withLock { $0 = [:] } }
    var all: [Tenant] { tenants.withLock { Array($0.values) } }
}
