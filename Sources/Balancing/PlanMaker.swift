package import Catalog
package import Planning
package import Seams
import Vocabulary

/// Reads the fleet, plans, and stores the plan.
package struct PlanMaker: Sendable {
    /// What a plan is for.
    package enum Aim: Equatable, Sendable {
        /// Everything, as an operator asks: an overload counts from its first moment on.
        case whole
        /// Only to empty the draining nodes.
        case drains
        /// Everything, with what the history says of overloads, in the windows.
        case automatic
    }

    private let store: CatalogStore
    private let time: any TimeSource
    private let random: any RandomSource
    private let rules: PlacementRules

    /// Rows of a stored plan: what is left comes with the next.
    private static let rows = 1000

    package init(store: CatalogStore, rules: PlacementRules, time: any TimeSource, random: any RandomSource) {
        self.rules = rules
        self.store = store
        self.time = time
        self.random = random
    }

    package struct Made: Sendable {
        package var stored: StoredPlan
        package var body: PlanBody
        package var reading: FleetReading
    }

    /// - Parameter policy: as the service keeps it.
    /// - Throws: `CatalogError`.
    package func read() async throws(CatalogError) -> FleetReading {
        try await FleetReading.read(store, rules, at: time.wall())
    }

    /// Plans on a reading; nothing is stored.
    package func plan(_ reading: FleetReading, _ aim: Aim, _ policy: Policy) throws(BalancingError) -> Made {
        var (policy, inventory) = (policy, reading.inventory)
        policy.maximumRows = Self.rows
        if aim == .whole { inventory.markOverloaded() }
        if aim == .drains {
            policy.balance.isOn = false
            policy.coolDown = .drain
        }
        if aim != .automatic { policy.windows = [] }
        let seed = random.next()
        var plan = Planner(policy: policy).plan(inventory, seed: seed)
        if aim == .drains { plan.keepDrains() }
        let body = PlanBody(plan, keys: reading.keys, policy)
        let stored = StoredPlan(
            id: id(), state: aim == .whole ? .planned : .applying, made: plan.made, expires: plan.expires,
            moves: plan.rows.count, body: try body.encoded)
        return Made(stored: stored, body: body, reading: reading)
    }

    /// - Throws: `CatalogError`.
    package func store(_ made: Made) async throws(CatalogError) {
        try await PlanRows(store).add(made.stored, at: time.wall())
    }

    private func id() -> String {
        let digits = String(random.next(), radix: 16)
        return "pl-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

extension Inventory {
    /// Who asks now does not want to wait for three samples.
    fileprivate mutating func markOverloaded() {
        for place in nodes.indices { nodes[place].overloaded = .all }
    }
}

extension Plan {
    fileprivate mutating func keepDrains() {
        rows.removeAll { $0.purpose != .drain }
        refusals.removeAll { $0.purpose != .drain }
        moreRefusals = 0
    }
}
