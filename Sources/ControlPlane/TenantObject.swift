import Catalog
import Vocabulary

/// A tenant as the API shows it.
struct TenantObject: Encodable {
    let id: String
    let key: String
    let schema: String
    let state: String
    let node: String
    let epoch: UInt64
    let txid: UInt64
    let bytes: Int64
    let labels: [String: String]
    let quotas: [String: Int64]
    let pin: String?
    let isolated: Bool
    let durability: String
    let createdAt: String
    let usedAt: String?

    init(_ row: TenantRow) {
        id = row.id.description
        key = row.key.string
        schema = row.schema
        state = row.state.rawValue
        node = row.placement.owner.name
        epoch = row.placement.epoch.rawValue
        txid = row.txid.rawValue
        bytes = row.bytes
        labels = row.labels
        quotas = row.quotas
        pin = row.pin?.name
        isolated = row.isIsolated
        durability = row.durability
        createdAt = TimeText.rfc3339(row.created)
        usedAt = row.used.map(TimeText.rfc3339)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, key, schema, state, node, epoch, txid, bytes, labels, quotas, pin, isolated, durability, createdAt,
            usedAt
    }

    /// Absent values are null, not missing: clients see every member.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(key, forKey: .key)
        try container.encode(schema, forKey: .schema)
        try container.encode(state, forKey: .state)
        try container.encode(node, forKey: .node)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(txid, forKey: .txid)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(labels, forKey: .labels)
        try container.encode(quotas, forKey: .quotas)
        try container.encode(pin, forKey: .pin)
        try container.encode(isolated, forKey: .isolated)
        try container.encode(durability, forKey: .durability)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(usedAt, forKey: .usedAt)
    }
}

/// One page of a list; `next` is the cursor for the page after, null at the end.
struct PageObject<Item: Encodable>: Encodable {
    let items: [Item]
    let next: String?

    enum CodingKeys: String, CodingKey { case items, next }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(next, forKey: .next)
    }
}
