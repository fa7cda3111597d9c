package import Vocabulary

/// A tenant as the catalog knows it, with where it is.
package struct TenantRow: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// The row is there, the owner's journal may not have the file yet; the owner finishes it.
        case creating
        case ready
        case readOnly = "read-only"
        case blocked
        /// Not served; its file and its key are kept until it is purged.
        case deleted
        /// Its owner is removing it for good; nothing brings it back.
        case purging
    }

    package var id: TenantID
    package var key: TenantKey
    package var schema: String
    package var state: State
    /// What a deleted tenant was, and will be again when it is undeleted.
    package var stateBefore: State?
    package var durability: String
    package var labels: [String: String]
    package var quotas: [String: Int64]
    package var pin: NodeID?
    /// No other tenant is to be on its node.
    package var isIsolated = false
    package var created: WallTime
    package var used: WallTime?
    package var deleted: WallTime?
    /// When the key became its own, where that was not at its creation.
    package var renamed: WallTime?
    /// Raised by every change of what an operator sets; a change that was computed from the row compares it.
    package var revision: UInt64
    /// As its node last reported.
    package var bytes: Int64
    package var txid: TxID
    package var placement: Placement
}

extension TenantRow {
    /// What `init(_:)` reads; a `WHERE` follows.
    static let select = """
        SELECT t.id, t.key, t.schema_name, t.state, t.state_before, t.durability, t.labels, t.quotas, t.pin, \
        t.isolated, t.created, t.used, t.deleted, t.renamed, t.revision, t.bytes, t.txid, \
        p.tenant, p.owner, p.epoch, p.version, p.state, p.target, p.move \
        FROM tenants t JOIN placements p ON p.tenant = t.id
        """

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("tenants", row)
        id = try reader.tenant()
        key = try reader.key()
        schema = try reader.text()
        state = try reader.word(State.self)
        stateBefore = try reader.textOrNull().flatMap { State(rawValue: $0) }
        durability = try reader.text()
        labels = try reader.labels()
        quotas = try reader.numbers()
        pin = try reader.nodeOrNull()
        isIsolated = try reader.flag()
        created = try reader.time()
        used = try reader.timeOrNull()
        deleted = try reader.timeOrNull()
        renamed = try reader.timeOrNull()
        revision = try reader.bits()
        bytes = try reader.integer()
        txid = TxID(try reader.bits())
        placement = try Placement(from: &reader)
    }

    static func all(_ result: CatalogRows) throws(CatalogError) -> [TenantRow] {
        var rows: [TenantRow] = []
        rows.reserveCapacity(result.rows.count)
        for row in result.rows { rows.append(try TenantRow(row)) }
        return rows
    }
}

extension Placement {
    static let select = "SELECT tenant, owner, epoch, version, state, target, move FROM placements"

    init(from reader: inout RowReader) throws(CatalogError) {
        self.init(
            tenant: try reader.tenant(), owner: try reader.node(), epoch: Epoch(try reader.bits()),
            version: try reader.bits(), state: try reader.word(State.self), target: try reader.nodeOrNull(),
            move: try reader.textOrNull())
    }

    static func all(_ result: CatalogRows) throws(CatalogError) -> [Placement] {
        var rows: [Placement] = []
        for row in result.rows {
            var reader = RowReader("placements", row)
            rows.append(try Placement(from: &reader))
        }
        return rows
    }
}

/// What a new tenant is to be.
package struct NewTenant: Equatable, Sendable {
    package var key: TenantKey
    package var schema: String
    package var durability: String
    package var labels: [String: String]
    package var quotas: [String: Int64]
    /// The node that it is to stay on.
    package var pin: NodeID?
    /// Since when the key counts as this tenant's, for tokens that name it by key; nil: since its creation.
    package var boundSince: WallTime?
    /// For the audit log, what made it where nobody asked for it by name; nil where somebody did.
    package var occasion: String?

    package init(
        key: TenantKey, schema: String = "default", durability: String = "local", labels: [String: String] = [:],
        quotas: [String: Int64] = [:], pin: NodeID? = nil, boundSince: WallTime? = nil, occasion: String? = nil
    ) {
        self.pin = pin
        self.occasion = occasion
        self.key = key
        self.schema = schema
        self.durability = durability
        self.labels = labels
        self.quotas = quotas
        self.boundSince = boundSince
    }
}
