import Balancing
import Catalog
import Contract
import Planning
import Vocabulary

/// A plan as the API shows it: what it wants, what it refuses, and what came of its rows so far.
struct PlanObject: Encodable {
    let stored: StoredPlan
    let body: PlanBody
    private let outcomes: [Int: PlanOutcome]

    init(_ stored: StoredPlan, _ body: PlanBody, _ outcomes: [PlanOutcome]) {
        self.stored = stored
        self.body = body
        self.outcomes = Dictionary(outcomes.map { ($0.place, $0) }) { first, _ in first }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, state, madeAt, expiresAt, changedAt, moves, bytes, before, after, forecastMS, counts, rows, refusals
        case moreRefusals
    }

    static let schema = Schema.object([
        .init("id", .text),
        .init("state", .choice(StoredPlan.State.allCases.map(\.rawValue))),
        .init("madeAt", .time),
        .init("expiresAt", .time, "No row is begun later."),
        .init("changedAt", .time),
        .init("moves", .integer(), "How many rows it has."),
        .init("bytes", .integer(), "Of all its tenants."),
        .init("before", .number, "What is above the level on the nodes, 0 where nothing is."),
        .init("after", .number, "The same, once it is carried out."),
        .init("forecastMS", .integer(), "How long carrying it out takes, if all goes as predicted."),
        .init("counts", .map(.integer()), "Rows by state."),
        .init("rows", .list(PlanRowObject.schema)),
        .init("refusals", .list(.text), "What it does not do although something asks for it, with the reason."),
        .init("moreRefusals", .integer(), "How many more there are."),
    ])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(stored.id, forKey: .id)
        try container.encode(stored.state.rawValue, forKey: .state)
        try container.encode(TimeText.rfc3339(stored.made), forKey: .madeAt)
        try container.encode(TimeText.rfc3339(stored.expires), forKey: .expiresAt)
        try container.encode(TimeText.rfc3339(stored.changed), forKey: .changedAt)
        try container.encode(body.rows.count, forKey: .moves)
        try container.encode(body.rows.reduce(0) { $0 + $1.row.bytes }, forKey: .bytes)
        try container.encode(body.before, forKey: .before)
        try container.encode(body.after, forKey: .after)
        try container.encode(body.forecast, forKey: .forecastMS)
        try container.encode(counts, forKey: .counts)
        let rows = body.rows.enumerated().map { PlanRowObject(row: $1, outcome: outcomes[$0]) }
        try container.encode(rows, forKey: .rows)
        try container.encode(body.refusals, forKey: .refusals)
        try container.encode(body.moreRefusals, forKey: .moreRefusals)
    }

    private var counts: [String: Int] {
        var counts = Dictionary(uniqueKeysWithValues: PlanOutcome.State.allCases.map { ($0.rawValue, 0) })
        for outcome in outcomes.values { counts[outcome.state.rawValue, default: 0] += 1 }
        counts["waiting"] = body.rows.count - outcomes.count
        return counts
    }
}

/// One move of a plan.
struct PlanRowObject: Encodable {
    let row: PlanBody.Row
    let outcome: PlanOutcome?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case tenant, from, to, purpose, reason, bytes, round, durationMS, pauseMS, gain, state, move, detail
    }

    static let schema = Schema.object([
        .init("tenant", .text, "The tenant's key when the plan was made."),
        .init("from", .text),
        .init("to", .text),
        .init("purpose", .choice(Purpose.allCases.filter { $0 != .creation }.map(\.description))),
        .init("reason", .text, "Why, with the numbers of the moment it was decided."),
        .init("bytes", .integer()),
        .init("round", .integer(), "A source's rounds follow one another."),
        .init("durationMS", .integer(), "Predicted for the copy."),
        .init("pauseMS", .integer(), "Predicted for its writers."),
        .init("gain", .number, "By what share it lowers what is above the level."),
        .init("state", .choice(["waiting"] + PlanOutcome.State.allCases.map(\.rawValue))),
        .init("move", .orNull(.text), "See `GET /v1/moves/{id}`."),
        .init("detail", .orNull(.text), "Why it failed or was skipped."),
    ])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(row.key, forKey: .tenant)
        try container.encode(row.row.from.name, forKey: .from)
        try container.encode(row.row.to.name, forKey: .to)
        try container.encode(row.row.purpose.description, forKey: .purpose)
        try container.encode(row.why, forKey: .reason)
        try container.encode(row.row.bytes, forKey: .bytes)
        try container.encode(row.row.round, forKey: .round)
        try container.encode(Self.milliseconds(row.row.duration), forKey: .durationMS)
        try container.encode(Self.milliseconds(row.row.pause), forKey: .pauseMS)
        try container.encode(row.row.gain, forKey: .gain)
        try container.encode(outcome?.state.rawValue ?? "waiting", forKey: .state)
        try container.encode(outcome?.move, forKey: .move)
        try container.encode(outcome?.reason, forKey: .detail)
    }

    private static func milliseconds(_ span: Duration) -> Int64 { Int64(span / .milliseconds(1)) }
}
