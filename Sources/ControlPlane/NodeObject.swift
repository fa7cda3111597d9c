import Balancing
import Catalog
import Contract
import Planning
import Vocabulary

/// A node as the API shows it.
struct NodeObject: Encodable {
    let row: NodeRow
    /// How many it owns.
    let tenants: Int
    /// As it last reported; nil where it has not.
    let report: NodeReport?
    let now: WallTime

    init(_ row: NodeRow, tenants: Int, _ report: NodeReport?, at now: WallTime) {
        self.row = row
        self.tenants = tenants
        self.report = report
        self.now = now
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, state, address, zone, labels, incarnation, tenants, bytes, load, holdsCatalog, drain
    }

    static let schema = Schema.object([
        .init("id", .text),
        .init("state", .choice(NodeRow.State.allCases.map(\.rawValue))),
        .init("address", .text, "Where the other nodes reach it."),
        .init("zone", .text),
        .init("labels", .named("Labels")),
        .init("incarnation", .integer(), "Raised each time that it starts."),
        .init("tenants", .integer(), "How many it owns."),
        .init("bytes", .orNull(.integer()), "Of its tenants, as it last reported; null where it has not."),
        .init("load", .orNull(NodeLoadObject.schema), "What is used, as shares of what it has, as it last reported."),
        .init("holdsCatalog", .boolean, "The catalog is in its data directory: it cannot be drained."),
        .init("drain", .orNull(NodeDrainObject.schema), "How far emptying it is; null where nobody asked for it."),
    ])

    /// Absent values are null, not missing: clients see every member.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(row.id.name, forKey: .id)
        try container.encode(row.state.rawValue, forKey: .state)
        try container.encode(row.address, forKey: .address)
        try container.encode(row.zone, forKey: .zone)
        try container.encode(row.labels, forKey: .labels)
        try container.encode(row.incarnation, forKey: .incarnation)
        try container.encode(tenants, forKey: .tenants)
        try container.encode(report?.slow.bytes, forKey: .bytes)
        try container.encode(report.map(NodeLoadObject.init), forKey: .load)
        try container.encode(row.holdsCatalog, forKey: .holdsCatalog)
        try container.encode(row.drain.map { NodeDrainObject($0, left: tenants, at: now) }, forKey: .drain)
    }
}

/// How far emptying a node is.
struct NodeDrainObject: Encodable {
    let drain: NodeRow.Drain
    let left: Int
    let now: WallTime

    init(_ drain: NodeRow.Drain, left: Int, at now: WallTime) {
        self.drain = drain
        self.left = left
        self.now = now
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case since, tenants, left, remainingMS, cannotFinish }

    static let schema = Schema.object([
        .init("since", .time),
        .init("tenants", .integer(), "How many it had then."),
        .init("left", .integer(), "How many it still has; at 0 it may be stopped."),
        .init(
            "remainingMS", .orNull(.integer()), "Until it is empty, at the pace so far; null where there is none yet."),
        .init("cannotFinish", .orNull(.text), "What stands in the way of the last of them."),
    ])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(TimeText.rfc3339(drain.since), forKey: .since)
        try container.encode(drain.tenants, forKey: .tenants)
        try container.encode(left, forKey: .left)
        try container.encode(remaining, forKey: .remainingMS)
        try container.encode(left == 0 ? nil : drain.note, forKey: .cannotFinish)
    }

    /// Milliseconds.
    private var remaining: Int64? {
        guard left > 0 else { return 0 }
        let gone = drain.tenants - left
        guard gone > 0, drain.note == nil else { return nil }
        return Int64(Double(now.milliseconds - drain.since.milliseconds) / Double(gone) * Double(left))
    }
}

/// What a node's tenants use of it, averaged over half an hour.
struct NodeLoadObject: Encodable {
    let report: NodeReport

    init(_ report: NodeReport) { self.report = report }

    enum CodingKeys: String, CodingKey, CaseIterable { case cpu, disk, memory, writesPerSecond }

    static let schema = Schema.object([
        .init("cpu", .number, "Of its cores' time, from 0 to 1: in which statements ran."),
        .init("disk", .number, "Of its disk, what is no tenant's included."),
        .init("memory", .number, "Of its memory, what tenants hold."),
        .init("writesPerSecond", .integer(), "Bytes of pages that commits changed."),
    ])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(share(.cpu), forKey: .cpu)
        try container.encode(share(.bytes, and: report.otherBytes), forKey: .disk)
        try container.encode(share(.memory), forKey: .memory)
        try container.encode(report.slow[.writes], forKey: .writesPerSecond)
    }

    /// Four decimals; 0 where the capacity is not known.
    private func share(_ dimension: Dimension, and other: Int64 = 0) -> Double {
        let capacity = report.capacity[dimension]
        guard capacity > 0 else { return 0 }
        return (Double(report.slow[dimension] + other) / Double(capacity) * 10_000).rounded() / 10_000
    }
}
