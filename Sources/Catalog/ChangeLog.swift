package import Vocabulary

/// What changed about tenants, for those who remember rows: gap-free and in the order of commits, in 64 counters by tenant
/// (one counter would make every creation wait for every other).
///
/// A counter is raised and its row written in the changing transaction itself; the counter's row lock is held until that
/// commits, so a reader that has seen number n has seen everything up to n.
package struct ChangeLog: Sendable {
    package static let buckets = 64

    /// Rows read from one counter at a time.
    package static let page = 256

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Ids are random, so their low bits spread.
    package static func bucket(of tenant: TenantID) -> Int { Int(tenant.rawValue % UInt64(buckets)) }

    /// The newest number of every counter, by counter.
    ///
    /// - Throws: `CatalogError`.
    package func positions() async throws(CatalogError) -> [UInt64] {
        var plan = CatalogPlan()
        plan.add("SELECT seq FROM change_counters ORDER BY bucket", expect: .rows(Self.buckets))
        var positions: [UInt64] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("change_counters", row)
            positions.append(try reader.bits())
        }
        return positions
    }

    /// Up to `page` changes of one counter after a number, oldest first. The first one's number is `after + 1` unless older
    /// changes have been trimmed away: then the reader has missed some and must forget all that it knows of the counter.
    ///
    /// - Throws: `CatalogError`.
    package func changes(in bucket: Int, after seq: UInt64) async throws(CatalogError) -> [CatalogChange] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT seq, tenant, key, kind FROM changes WHERE bucket = ?1 AND seq > ?2 ORDER BY seq LIMIT \(Self.page)
            """, [.integer(Int64(bucket)), .bits(seq)])
        var changes: [CatalogChange] = []
        for row in try await store.read(plan)[0].rows {
            var reader = RowReader("changes", row)
            changes.append(
                CatalogChange(
                    seq: try reader.bits(), tenant: try reader.tenant(), key: try reader.key(),
                    kind: try reader.word(CatalogChange.Kind.self)))
        }
        return changes
    }

    /// Adds a change to a transaction. The key is read from the tenant's row as it is at that point of the transaction, so a
    /// row that goes away is logged before it goes.
    static func append(_ kind: CatalogChange.Kind, of tenant: TenantID, to plan: inout CatalogPlan) {
        let bucket = CatalogValue.integer(Int64(bucket(of: tenant)))
        plan.add("UPDATE change_counters SET seq = seq + 1 WHERE bucket = ?1", [bucket], expect: .affected(1))
        plan.add(
            """
            INSERT INTO changes (bucket, seq, tenant, key, kind)
            SELECT c.bucket, c.seq, t.id, t.key, '\(kind.rawValue)' FROM change_counters c, tenants t
            WHERE c.bucket = ?1 AND t.id = ?2
            """, [bucket, .id(tenant)], expect: .affected(1))
    }

    /// Adds a change that is no tenant's: of the signing keys. It stands under a number that no tenant has.
    static func appendKeys(to plan: inout CatalogPlan) {
        plan.add("UPDATE change_counters SET seq = seq + 1 WHERE bucket = 0", expect: .affected(1))
        plan.add(
            """
            INSERT INTO changes (bucket, seq, tenant, key, kind)
            SELECT c.bucket, c.seq, 0, 'keys', '\(CatalogChange.Kind.tokens.rawValue)' FROM change_counters c WHERE c.bucket = 0
            """, expect: .affected(1))
    }
}

/// One entry of the change log.
package struct CatalogChange: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// The tenant's row came, changed or went; `key` is its newest key.
        case tenant
        /// Its placement changed.
        case placement
        /// One of its tokens was revoked; of no tenant: a signing key came, or signs no more, or went.
        case tokens
    }

    package var seq: UInt64
    package var tenant: TenantID
    package var key: TenantKey
    package var kind: Kind

    package init(seq: UInt64, tenant: TenantID, key: TenantKey, kind: Kind) {
        self.seq = seq
        self.tenant = tenant
        self.key = key
        self.kind = kind
    }
}
