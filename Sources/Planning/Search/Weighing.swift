/// What a move, or an exchange, from an overloaded node would do.
struct Weighing {
    enum Verdict: Equatable {
        case good(gain: Double, score: Double)
        case hindered
        case otherDimension
        case notWorthIt

        var isGood: Bool { if case .good = self { true } else { false } }
    }

    let fleet: Fleet
    let overload: Overload
    let target: Int
    /// Pressure of the source, and of both, before.
    private let source: Double
    private let both: Double
    /// A move that costs no bytes still costs something.
    private static let leastCost = 0.01
    /// Below this share of the source's pressure a gain is only rounding.
    private static let leastGain = 1e-6

    init(fleet: Fleet, overload: Overload, target: Int) {
        self.fleet = fleet
        self.overload = overload
        self.target = target
        source = fleet.pressure(overload.node)
        both = source + fleet.pressure(target)
    }

    func verdict(_ tenant: Int) -> Verdict {
        let moving = fleet.tenants[tenant]
        let there = fleet.books[target].load + moving.load.asAdded
        let here = fleet.books[overload.node].load - moving.load
        let verdict = verdict(here: here, there: there, bytes: moving.load.bytes)
        guard verdict.isGood else { return verdict }
        guard fleet.hindrance(Guest(moving), at: target) == nil, fleet.wayBack(moving, to: target) == nil else {
            return .hindered
        }
        return verdict
    }

    func verdict(_ tenant: Int, for partner: Int) -> Verdict {
        let (moving, back) = (fleet.tenants[tenant], fleet.tenants[partner])
        let left = Load.smaller(moving.load, moving.fast)
        let there = fleet.books[target].load + moving.load.asAdded - back.load
        let here = fleet.books[overload.node].load - moving.load + back.load.asAdded
        let verdict = verdict(here: here, there: there, bytes: moving.load.bytes + back.load.bytes)
        guard verdict.isGood else { return verdict }
        guard fleet.hindrance(Guest(moving), at: target) == nil, fleet.wayBack(moving, to: target) == nil,
            fleet.hindrance(Guest(back), at: overload.node, after: left) == nil,
            fleet.wayBack(back, to: overload.node) == nil
        else { return .hindered }
        return verdict
    }

    private func verdict(here: Load, there: Load, bytes: Int64) -> Verdict {
        guard !worsens(overload.node, to: here), !worsens(target, to: there) else { return .otherDimension }
        let gain = both - fleet.pressure(overload.node, with: here) - fleet.pressure(target, with: there)
        guard source > 0, gain > source * Self.leastGain else { return .notWorthIt }
        let cost = Double(bytes) / Double(max(fleet.books[overload.node].load.bytes, 1))
        guard gain / source >= fleet.policy.balance.gainPerCost * cost else { return .notWorthIt }
        return .good(gain: gain, score: gain / source / (cost + Self.leastCost))
    }

    /// Whether a dimension that this is not about would rise above the level.
    private func worsens(_ node: Int, to load: Load) -> Bool {
        let now = fleet.books[node].load
        return Dimension.allCases.contains { dimension in
            dimension != overload.dimension && load[dimension] > now[dimension]
                && fleet.pressure(node, dimension, with: load) > 0
        }
    }
}
