import Balancing
import ControlPlane
import Logging
import Planning
import Settings

extension NodeParts {
    /// How the fleet is to be kept, as this node's settings say.
    var policy: Policy {
        var policy = Policy()
        policy.balance.isOn = base.settings.rebalancing.automatic
        policy.windows = base.settings.rebalancing.windows.compactMap { TimeWindow(from: $0.from, to: $0.to) }
        return policy
    }

    /// Which nodes may have the tenants of which schema, as this node's settings say.
    var rules: PlacementRules {
        let rules = base.settings.schemas.map { schema -> (String, [Constraint]) in
            let place = schema.place
            let labels = place.labels.sorted { $0.key < $1.key }.map { Constraint.label(name: $0.key, value: $0.value) }
            let zones: [Constraint] = place.zones.isEmpty ? [] : [.zones(place.zones)]
            return (schema.name, zones + labels + place.forbid.map { .forbid($0) })
        }
        return PlacementRules(Dictionary(rules) { first, _ in first })
    }

    /// Nil on a node that stands alone.
    var placer: NewTenantPlacer? {
        guard cluster != nil else { return nil }
        return NewTenantPlacer(store: store, policy: policy, rules: rules, time: base.time, random: base.random)
    }

    /// - Returns: nil on a node that stands alone.
    func rebalancer(_ moves: NodeMoves?) -> Rebalancer? {
        guard let moves else { return nil }
        var site = RebalancerSite(
            node: base.id, store: store, starter: PlannedMoves(moves.service), policy: policy, time: base.time,
            random: base.random, sleep: Self.sleep)
        site.rules = rules
        site.pace.sample = base.settings.rebalancing.interval.nanoseconds
        let logger = base.logger
        site.notice = { notice in
            let entry = BalancingLogEntry(notice)
            logger.log(level: entry.level, entry.message, metadata: entry.facts)
        }
        return Rebalancer(site)
    }
}

/// What the log says of balancing.
struct BalancingLogEntry {
    let level: Logger.Level
    let message: Logger.Message
    let facts: Logger.Metadata

    init(_ notice: BalancingNotice) {
        switch notice {
        case .becameController(let term): self.init(.info, "this node carries plans out now", ["term": "\(term)"])
        case .lostSeat: self.init(.info, "another node carries plans out now, or none")
        case .begins(let plan, let rows):
            self.init(.info, "carries a plan out", ["plan": "\(plan)", "moves": "\(rows)"])
        case .ended(let plan, let done, let failed, let skipped):
            self.init(
                .info, "a plan has ended",
                ["plan": "\(plan)", "done": "\(done)", "failed": "\(failed)", "skipped": "\(skipped)"])
        case .row(let plan, let tenant, let to, let end):
            self.init(
                .debug, "a row has ended",
                ["plan": "\(plan)", "tenant": "\(tenant)", "to": "\(to)", "end": "\(end)"])
        case .stuck(let node, let why):
            self.init(.warning, "a node cannot be emptied now", ["node": "\(node)", "reason": "\(why)"])
        case .cannotPlan(let why): self.init(.warning, "planning failed; it is tried again", ["reason": "\(why)"])
        }
    }

    private init(_ level: Logger.Level, _ message: Logger.Message, _ facts: Logger.Metadata = [:]) {
        self.level = level
        self.message = message
        self.facts = facts
    }
}
