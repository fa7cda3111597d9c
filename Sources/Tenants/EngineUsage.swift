package import Vocabulary

/// What a node tells of a tenant in lists and, later, to the planner.
package struct TenantUsage: Sendable {
    package let tenant: TenantID
    package let bytes: Int64
    package let txid: TxID
    package let used: WallTime?

    init(_ tenant: TenantID, _ facts: TenantState) {
        self.tenant = tenant
        bytes = Int64(facts.pageCount) * Int64(PageHash.pageSize)
        txid = facts.txid
        used = facts.time
    }
}

extension TenantEngine {
    /// Takes up to `limit` tenants that have changed since they were last taken, open ones as of their last checkpoint,
    /// others as they were closed. Give back what could not be told.
    package func takeUsage(_ limit: Int) -> [TenantUsage] {
        census.takeUntold(limit).map { TenantUsage($0.tenant, $0.facts) }
    }

    package func giveBack(_ usage: [TenantUsage]) { census.untell(usage.map(\.tenant)) }

    /// The tenants whose newest commits are not in their files yet, as they are now: before an end there is no later.
    package func newestUsage() async -> [TenantUsage] {
        var usage: [TenantUsage] = []
        for tenant in dirty.oldest(.max) where !tenant.isReserved {
            guard let facts = try? await perform(on: tenant, { $0.state }) else { continue }
            usage.append(TenantUsage(tenant, facts))
        }
        return usage
    }
}
