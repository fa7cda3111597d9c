import Vocabulary

/// A plan in the making.
struct Draft {
    var fleet: Fleet
    var draw: Draw
    private(set) var rows: [PlanRow] = []
    private(set) var refusals: [Refusal] = []
    private(set) var moreRefusals = 0
    /// Rows for which there was no place in the plan, by what they were for.
    private var left: [Purpose: Int] = [:]
    private(set) var rounds: [Rounds]
    let before: Double
    var policy: Policy { fleet.policy }

    init(_ fleet: Fleet, seed: UInt64) {
        self.fleet = fleet
        draw = Draw(seed: seed)
        rounds = Array(repeating: Rounds(), count: fleet.books.count)
        before = fleet.pressure
    }

    func plan(seed: UInt64) -> Plan {
        Plan(
            seed: seed, made: fleet.now, expires: fleet.now.later(by: policy.planLife), rows: rows, refusals: refusals,
            moreRefusals: moreRefusals, before: before, after: fleet.pressure)
    }

    var isFull: Bool { rows.count >= policy.maximumRows }

    /// - Parameter left: a tenant that is gone from the target before.
    mutating func add(
        _ tenant: Int, from source: Int, to target: Int, _ reason: Reason, gain: Double = 0, after left: Int? = nil
    ) {
        let moving = fleet.tenants[tenant]
        let round = rounds[source].take(moving.load.bytes, policy.budget)
        fleet.move(tenant, from: source, to: target, after: left)
        rows.append(
            PlanRow(
                tenant: moving.id, version: moving.version, from: fleet.id(source), to: fleet.id(target),
                reason: reason, round: round, bytes: moving.load.bytes,
                duration: policy.prediction.duration(moving), pause: policy.prediction.pause(moving), gain: gain))
    }

    mutating func refuse(_ subject: Refusal.Subject, _ purpose: Purpose, _ why: Refusal.Why) {
        guard refusals.count < policy.maximumRefusals else {
            moreRefusals += 1
            return
        }
        refusals.append(Refusal(subject: subject, purpose: purpose, why: why))
    }

    /// One more row than the plan may have.
    mutating func leave(_ purpose: Purpose) { left[purpose, default: 0] += 1 }

    mutating func refuseLeft() {
        for purpose in Purpose.allCases {
            if let count = left[purpose] { refuse(.fleet, purpose, .rows(left: count)) }
        }
    }
}
