import Planning
import Vocabulary

/// Tries every way to place the tenants of a tiny fleet.
struct BruteForce {
    let inventory: Inventory
    let policy: Policy

    init(_ inventory: Inventory, _ policy: Policy) {
        self.inventory = inventory
        self.policy = policy
    }

    /// Whether all tenants of a node can be on the others, each added as a plan adds them: the last with its tenth
    /// more.
    func canEmpty(_ node: NodeID) -> Bool {
        let leaving = inventory.tenants.filter { $0.node == node }
        let heaviestFirst = leaving.sorted { ($1.load[.cpu], $0.id) < ($0.load[.cpu], $1.id) }
        return place(heaviestFirst[...], inventory.tenants.filter { $0.node != node }, except: node)
    }

    private func place(_ rest: ArraySlice<Inventory.Tenant>, _ placed: [Inventory.Tenant], except: NodeID) -> Bool {
        guard var first = rest.first else { return true }
        for node in inventory.nodes where node.id != except {
            let there = placed.filter { $0.node == node.id }
            guard fits(first, there, node) else { continue }
            first.node = node.id
            if place(rest.dropFirst(), placed + [first], except: except) { return true }
        }
        return false
    }

    private func fits(_ tenant: Inventory.Tenant, _ there: [Inventory.Tenant], _ node: Inventory.Node) -> Bool {
        guard there.count < node.maximumTenants else { return false }
        for constraint in tenant.constraints where there.contains(where: { $0.constraints.contains(constraint) }) {
            return false
        }
        return Dimension.allCases.allSatisfy { dimension in
            let added = tenant.load[dimension] + (dimension == .bytes ? 0 : tenant.load[dimension] / 10)
            let used = there.reduce(added) { $0 + $1.load[dimension] }
            return Double(used) / Double(node.capacity[dimension]) <= policy.limits.ceiling[dimension]
        }
    }

    /// The least objective that any placement has that keeps the ceilings of nodes that got something.
    func leastPressure() -> Double {
        var best = Fleet(inventory, policy).pressure
        var trial = inventory
        search(0, &trial, &best)
        return best
    }

    private func search(_ place: Int, _ trial: inout Inventory, _ best: inout Double) {
        guard place < trial.tenants.count else {
            if keepsCeilings(trial) { best = min(best, Fleet(trial, policy).pressure) }
            return
        }
        for node in inventory.nodes {
            trial.tenants[place].node = node.id
            search(place + 1, &trial, &best)
        }
        trial.tenants[place].node = inventory.tenants[place].node
    }

    private func keepsCeilings(_ trial: Inventory) -> Bool {
        trial.nodes.allSatisfy { node in
            let there = trial.tenants.indices.filter { trial.tenants[$0].node == node.id }
            guard there.contains(where: { inventory.tenants[$0].node != node.id }) else { return true }
            return Dimension.allCases.allSatisfy { dimension in
                let used = there.reduce(0) { $0 + trial.tenants[$1].load[dimension] }
                return Double(used) / Double(node.capacity[dimension]) <= policy.limits.ceiling[dimension]
            }
        }
    }
}
