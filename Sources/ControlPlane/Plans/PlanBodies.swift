import Catalog
import Contract
import Vocabulary

/// The body of `PATCH /v1/rebalancing`.
struct RebalancingBody: RequestBody {
    /// Seconds.
    static let longest: Int64 = 30 * 86_400

    enum CodingKeys: String, CodingKey, CaseIterable { case pauseFor }
    static let schema = Schema.object(
        [
            .optional(
                "pauseFor", .orNull(.string(pattern: "^[1-9][0-9]{0,6}[smhd]$")),
                "For how long no move is begun, such as `2h`, up to 30 days; null: go on.")
        ], isStrict: true)

    /// `.some(nil)` for null, which resumes.
    let pauseFor: String??

    init(from decoder: any Decoder) throws {
        let body = try decoder.container(keyedBy: CodingKeys.self)
        pauseFor = body.contains(.pauseFor) ? .some(try body.decode(String?.self, forKey: .pauseFor)) : nil
    }
}

/// How rebalancing stands.
struct RebalancingObject: Encodable {
    let row: ControllerRow
    let isAutomatic: Bool
    let plan: PlanObject?
    let now: WallTime

    enum CodingKeys: String, CodingKey, CaseIterable { case controller, automatic, pausedUntil, plan }

    static let schema = Schema.object([
        .init("controller", .orNull(.text), "The node that carries plans out."),
        .init("automatic", .boolean, "Overloads are balanced without asking (`rebalancing.automatic`)."),
        .init("pausedUntil", .orNull(.time), "No move is begun before; null where nothing is paused."),
        .init("plan", .orNull(PlanObject.schema), "The one that is carried out, or was last."),
    ])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(row.holder?.name, forKey: .controller)
        try container.encode(isAutomatic, forKey: .automatic)
        let until = row.pausedUntil.flatMap { now < $0 ? $0 : nil }
        try container.encode(until.map(TimeText.rfc3339), forKey: .pausedUntil)
        try container.encode(plan, forKey: .plan)
    }
}
