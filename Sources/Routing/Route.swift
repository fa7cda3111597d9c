package import Catalog
package import Vocabulary

/// Where a key leads, as a router remembers it.
package struct Route: Equatable, Sendable {
    package var tenant: TenantID
    package var key: TenantKey
    package var state: TenantRow.State
    package var durability: String
    package var quotas: [String: Int64]
    package var placement: Placement
    /// Since when the key has named this tenant: a token by key that is older is somebody else's.
    package var keyBoundAt: WallTime

    package init(_ row: TenantRow) {
        tenant = row.id
        key = row.key
        state = row.state
        durability = row.durability
        quotas = row.quotas
        placement = row.placement
        keyBoundAt = row.renamed ?? row.created
    }
}
