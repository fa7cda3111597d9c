package import Vocabulary

/// What a node tells of a tenant in lists and, later, to the planner.
package struct TenantUsage: Sendable {
    package let tenant: TenantID
    package let bytes: Int64
    package let txid: TxID
    package let used: WallTime?
}

extension TenantEngine {
    /// The tenants that are open now, as of their last checkpoint.
    package func usage() -> [TenantUsage] {
        open.all.compactMap { tenant in
            guard !tenant.id.isReserved, let facts = census.find(tenant.id) else { return nil }
            return TenantUsage(
                tenant: tenant.id, bytes: Int64(facts.pageCount) * Int64(PageHash.pageSize), txid: facts.txid,
                used: facts.time)
        }
    }
}
