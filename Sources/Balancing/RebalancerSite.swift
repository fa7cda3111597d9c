package import Catalog
package import Planning
package import Seams
package import Vocabulary

/// What a node's rebalancer works with.
package struct RebalancerSite: Sendable {
    package var node: NodeID
    package var store: CatalogStore
    package var starter: any MoveStarter
    package var policy: Policy
    package var rules = PlacementRules.none
    package var time: any TimeSource
    package var random: any RandomSource
    package var sleep: Sleep
    /// Told of what the controller does; for the log.
    package var notice: @Sendable (BalancingNotice) -> Void = { _ in }
    package var pace = BalancingPace()

    package init(
        node: NodeID, store: CatalogStore, starter: any MoveStarter, policy: Policy, time: any TimeSource,
        random: any RandomSource, sleep: @escaping Sleep
    ) {
        self.node = node
        self.store = store
        self.starter = starter
        self.policy = policy
        self.time = time
        self.random = random
        self.sleep = sleep
    }

    var maker: PlanMaker { PlanMaker(store: store, rules: rules, time: time, random: random) }
}

/// How often the rebalancer looks, in nanoseconds.
package struct BalancingPace: Sendable {
    /// Between two looks at the seat, and at whether there is something to do.
    package var look: UInt64 = 1_000_000_000
    /// For which a seat's beat stands still before another node takes it.
    package var patience: UInt64 = 6_000_000_000
    /// Between two plans for draining nodes where the one before had no rows.
    package var drain: UInt64 = 5_000_000_000
    /// Between two samples of overloads, and two automatic plans.
    package var sample: UInt64 = 30_000_000_000
    /// An inventory that is older is read anew before a row is checked against it.
    package var inventory: UInt64 = 20_000_000_000
    /// Between looks at a move: the first, and the longest.
    package var firstPoll: UInt64 = 10_000_000
    package var longestPoll: UInt64 = 500_000_000
    /// For which a busy node is asked again.
    package var busy: UInt64 = 10_000_000_000
    /// For which a committed move is waited for to be done; it is, whatever its source does.
    package var finish: UInt64 = 10_000_000_000

    package init() {}
}

/// What the controller does, for the log.
package enum BalancingNotice: Equatable, Sendable {
    case becameController(term: UInt64)
    case lostSeat
    case begins(plan: String, rows: Int)
    case ended(plan: String, done: Int, failed: Int, skipped: Int)
    case row(plan: String, tenant: TenantID, to: NodeID, String)
    case stuck(node: NodeID, String)
    case cannotPlan(String)
}
