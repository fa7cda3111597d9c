import Planning
import Vocabulary

/// Carries a plan out, one random order of beginnings and ends after another allowed one, and looks after every step
/// whether a rule is broken. It shares no code with the planner's rules and adds everything up anew each time.
struct Referee {
    let inventory: Inventory
    let policy: Policy
    private let nodes: [NodeID: Inventory.Node]
    private let tenants: [TenantID: Inventory.Tenant]
    /// Where each tenant has space now.
    private var copies: [NodeID: Set<TenantID>] = [:]
    /// Where it is served.
    private var homes: [TenantID: NodeID]
    private(set) var faults: [String] = []

    init(_ inventory: Inventory, _ policy: Policy) {
        self.inventory = inventory
        self.policy = policy
        nodes = Dictionary(uniqueKeysWithValues: inventory.nodes.map { ($0.id, $0) })
        tenants = Dictionary(uniqueKeysWithValues: inventory.tenants.map { ($0.id, $0) })
        homes = tenants.mapValues(\.node)
        for tenant in inventory.tenants { copies[tenant.node, default: []].insert(tenant.id) }
        for move in inventory.moves { copies[move.to, default: []].insert(move.tenant) }
    }

    mutating func carryOut(_ plan: Plan, _ dice: inout Dice) {
        var progress = PlanProgress(plan, policy: policy, underWay: inventory.moves)
        var running: [Int] = []
        var idle = 0
        while !progress.hasEnded {
            let begun = progress.next()
            for place in begun { begin(plan.rows[place]) }
            running += begun
            check(running.map { plan.rows[$0] })
            guard let which = running.indices.randomElement(using: &dice) else {
                idle += 1
                if idle > 2 { break }
                continue
            }
            let ended = running.remove(at: which)
            homes[plan.rows[ended].tenant] = plan.rows[ended].to
            progress.end(ended, .done)
        }
        isStuck = !progress.hasEnded
    }

    /// Places were taken by moves that are not the plan's, and never came free.
    private(set) var isStuck = false

    private mutating func begin(_ row: PlanRow) {
        guard let tenant = tenants[row.tenant], let target = nodes[row.to] else { return fault("unknown", row) }
        if homes[row.tenant] != row.from { fault("is not there", row) }
        if tenant.version != row.version { fault("version", row) }
        if target.state != .up { fault("target is \(target.state)", row) }
        for constraint in tenant.constraints where !allows(constraint, target) { fault("\(constraint)", row) }
        let others = copies[row.to, default: []].subtracting([row.tenant])
        for other in others { compare(tenant, with: other, row) }
        copies[row.to, default: []].insert(row.tenant)
    }

    private func allows(_ constraint: Constraint, _ target: Inventory.Node) -> Bool {
        switch constraint {
        case .pin(let pin): pin == target.id
        case .forbid(let forbidden): forbidden != target.id
        case .label(let name, let value): target.labels[name] == value
        case .zones(let zones): zones.contains(target.zone)
        case .apart, .alone: true
        }
    }

    private mutating func compare(_ tenant: Inventory.Tenant, with other: TenantID, _ row: PlanRow) {
        let others = tenants[other]?.constraints ?? []
        for case .apart(let group) in tenant.constraints where others.contains(.apart(group)) {
            fault("not apart", row)
        }
        if others.contains(.alone) { fault("goes to a loner", row) }
        if tenant.constraints.contains(.alone), !tenant.constraints.contains(.pin(row.to)) { fault("has company", row) }
    }

    /// Every node that has got something holds what is on it, tenants on both sides of a move counted twice.
    private mutating func check(_ running: [PlanRow]) {
        for (id, node) in nodes {
            let into = running.filter { $0.to == id }
            let others = inventory.moves.filter { $0.to == id }.count
            if !into.isEmpty, into.count + others > policy.budget.into {
                faults.append("\(id): \(into.count) moves in")
            }
            let out = running.filter { $0.from == id && $0.purpose != .failover }.count
            let leaving = inventory.moves.filter { $0.from == id }.count
            if out > 0, out + leaving > policy.budget.outOf { faults.append("\(id): \(out) moves out") }
            guard !into.isEmpty else { continue }
            checkRoom(id, node, into)
        }
    }

    private mutating func checkRoom(_ id: NodeID, _ node: Inventory.Node, _ into: [PlanRow]) {
        let here = copies[id, default: []].compactMap { tenants[$0] }
        if here.count + node.restCount > node.maximumTenants { faults.append("\(id): \(here.count) tenants") }
        let served = here.filter { one in
            homes[one.id] == id || into.contains { $0.tenant == one.id } || isComing(one.id, id)
        }
        for dimension in Dimension.allCases where node.capacity[dimension] > 0 {
            let here = dimension == .bytes ? here : served
            var used = here.reduce(node.rest[dimension]) { $0 + $1.load[dimension] }
            if dimension == .bytes { used += node.otherBytes }
            let came = here.contains { $0.node != id && $0.load[dimension] > 0 }
            let limit = Double(node.capacity[dimension]) * policy.limits.ceiling[dimension]
            let began = inventory.tenants.filter { $0.node == id }.reduce(node.rest[dimension]) {
                $0 + $1.load[dimension]
            }
            guard came, Double(used) > limit + 1, used > began else { continue }
            let isUnderWay = here.allSatisfy { one in
                one.node == id || inventory.moves.contains { $0.tenant == one.id } || one.load[dimension] == 0
            }
            if !isUnderWay { faults.append("\(id): \(dimension) \(used) of \(limit)") }
        }
    }

    private func isComing(_ tenant: TenantID, _ node: NodeID) -> Bool {
        inventory.moves.contains { $0.tenant == tenant && $0.to == node }
    }

    private mutating func fault(_ what: String, _ row: PlanRow) { faults.append("\(what): \(row)") }
}
