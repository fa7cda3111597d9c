import Catalog
import Planning
import Seams
import Vocabulary

/// What the controller does in one turn: the plan that is to be carried out, else a plan for draining nodes, else an automatic one.
struct Stewardship {
    private let rebalancer: Rebalancer
    private var history = OverloadHistory()
    private var lastDrain: Instant?
    private var lastSample: Instant?
    /// Draining nodes that the last plan was made for.
    private var known: Set<NodeID> = []

    private var site: RebalancerSite { rebalancer.site }

    init(_ rebalancer: Rebalancer) { self.rebalancer = rebalancer }

    mutating func turn() async throws {
        try await rebalancer.refresh()
        guard !rebalancer.isPaused else { return }
        if let stored = try await PlanRows(site.store).applying() {
            return try await PlanRun(stored, rebalancer).run()
        }
        if try await drain() { return }
        try await balance()
    }

    // MARK: Drains

    /// - Returns: whether there is a plan to be carried out now.
    private mutating func drain() async throws -> Bool {
        let draining = try await NodeRows(site.store).list().filter { $0.drain != nil }
        let now = site.time.monotonic()
        // Where the plan before had nothing to move the next one waits, unless a node has joined.
        let isNew = !draining.allSatisfy { known.contains($0.id) }
        if let lastDrain, !isNew, now.nanoseconds(since: lastDrain) < site.pace.drain { return false }
        lastDrain = now
        known = Set(draining.map(\.id))
        let counts = draining.isEmpty ? [:] : try await PlacementRows(site.store).counts()
        guard draining.contains(where: { counts[$0.id, default: 0] > 0 }) else { return false }
        let made = try site.maker.plan(try await site.maker.read(), .drains, site.policy)
        for node in draining where counts[node.id, default: 0] > 0 { try await explain(node, made) }
        guard !made.body.rows.isEmpty else { return false }
        try await site.maker.store(made)
        lastDrain = nil
        return true
    }

    /// Writes down why a node cannot be emptied, where nothing of it can go.
    private func explain(_ node: NodeRow, _ made: PlanMaker.Made) async throws {
        var note: String?
        if !made.body.rows.contains(where: { $0.row.from == node.id }) {
            var reasons = Array(made.body.refusals.filter { $0.contains(node.id.name) }.prefix(3))
            let fixed = try await FleetRows(site.store).immovable(on: node.id)
            if fixed > 0 { reasons.append("\(fixed) deleted tenants stay until they are purged") }
            note = reasons.isEmpty ? "moves are under way" : reasons.joined(separator: " · ")
        }
        guard node.drain?.note != note else { return }
        try await NodeRows(site.store).note(node.id, note, at: site.time.wall())
        if let note { site.notice(.stuck(node: node.id, note)) }
    }

    // MARK: Balance

    private mutating func balance() async throws {
        guard site.policy.balance.isOn else { return }
        let now = site.time.monotonic()
        if let lastSample, now.nanoseconds(since: lastSample) < site.pace.sample { return }
        lastSample = now
        var reading = try await site.maker.read()
        history.observe(reading.inventory, site.policy)
        history.mark(&reading.inventory)
        let made = try site.maker.plan(reading, .automatic, site.policy)
        guard !made.body.rows.isEmpty else { return }
        try await site.maker.store(made)
    }
}
