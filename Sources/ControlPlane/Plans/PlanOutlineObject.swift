import Catalog
import Contract

/// A plan in a list.
struct PlanOutlineObject: Encodable {
    let stored: StoredPlan

    enum CodingKeys: String, CodingKey, CaseIterable { case id, state, madeAt, expiresAt, changedAt, moves }

    static let schema = Schema.object([
        .init("id", .text),
        .init("state", .choice(StoredPlan.State.allCases.map(\.rawValue))),
        .init("madeAt", .time),
        .init("expiresAt", .time, "No row is begun later."),
        .init("changedAt", .time),
        .init("moves", .integer(), "How many rows it has."),
    ])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(stored.id, forKey: .id)
        try container.encode(stored.state.rawValue, forKey: .state)
        try container.encode(TimeText.rfc3339(stored.made), forKey: .madeAt)
        try container.encode(TimeText.rfc3339(stored.expires), forKey: .expiresAt)
        try container.encode(TimeText.rfc3339(stored.changed), forKey: .changedAt)
        try container.encode(stored.moves, forKey: .moves)
    }
}
