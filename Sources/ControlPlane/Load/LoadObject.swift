import Balancing
import Contract
import Planning
import Vocabulary

/// What the fleet uses, as its nodes last reported.
struct LoadObject: Encodable {
    let nodes: [NodeObject]
    let tenants: [TenantLoadObject]

    static let schema = Schema.object([
        .init("nodes", .list(.named("Node"))),
        .init("tenants", .list(TenantLoadObject.schema), "The busiest, those first."),
    ])
}

/// What a tenant uses.
struct TenantLoadObject: Encodable {
    let key: TenantKey
    let node: NodeID
    let load: NodeReport.Tenant

    enum CodingKeys: String, CodingKey, CaseIterable { case tenant, node, bytes, fast, slow }

    static let schema = Schema.object([
        .init("tenant", .text, "Its key."),
        .init("node", .text, "Its owner."),
        .init("bytes", .integer(), "At rest."),
        .init("fast", LoadAverageObject.schema, "Over two minutes."),
        .init("slow", LoadAverageObject.schema, "Over half an hour."),
    ])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key.string, forKey: .tenant)
        try container.encode(node.name, forKey: .node)
        try container.encode(load.slow.bytes, forKey: .bytes)
        try container.encode(LoadAverageObject(load.fast), forKey: .fast)
        try container.encode(LoadAverageObject(load.slow), forKey: .slow)
    }
}

struct LoadAverageObject: Encodable {
    let cores: Double
    let writesPerSecond: Int64
    let memory: Int64

    static let schema = Schema.object([
        .init("cores", .number, "Cores' worth of time in which its statements ran."),
        .init("writesPerSecond", .integer(), "Bytes of pages that commits changed."),
        .init("memory", .integer(), "Bytes that it holds."),
    ])

    init(_ load: Load) {
        cores = Double(load[.cpu]) / 1_000_000
        writesPerSecond = load[.writes]
        memory = load[.memory]
    }
}
