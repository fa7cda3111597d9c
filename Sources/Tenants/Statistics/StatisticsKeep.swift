import Synchronization
import Vocabulary

/// What statistics of all tenants share: the memory of their tables, and the totals of tenants that were closed.
final class StatisticsKeep: Sendable {
    /// Bytes of all tables of statements together.
    private static let tableBytes = 64 << 20
    /// Closed tenants whose totals are remembered.
    private static let remembered = 100_000

    private let used = Atomic<Int>(0)
    private let totals = Mutex<[TenantID: StatementTotals]>([:])

    /// - Returns: whether there is room for so many bytes more; they are given back with `release`.
    func reserve(_ bytes: Int) -> Bool {
        let (_, now) = used.add(bytes, ordering: .relaxed)
        guard now > Self.tableBytes else { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }

    /// Where there are too many the tenant is forgotten: it counts from nothing when it is opened again.
    func keep(_ totals: StatementTotals, of tenant: TenantID) {
        self.totals.withLock { kept in
            if kept.count < Self.remembered { kept[tenant] = totals }
        }
    }

    func take(_ tenant: TenantID) -> StatementTotals? { totals.withLock { $0.removeValue(forKey: tenant) } }
}
