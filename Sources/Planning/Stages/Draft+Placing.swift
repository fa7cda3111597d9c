extension Draft {
    /// The node that would be least full with the guest, among a few drawn from those that may take it; among all,
    /// where none of the drawn may.
    mutating func roomiest(for guest: Guest, except source: Int?, choices: Int) -> Int? {
        let others = fleet.open.filter { $0 != source }
        let drawn = draw.sample(choices, of: others)
        return best(for: guest, of: drawn) ?? best(for: guest, of: others)
    }

    private func best(for guest: Guest, of nodes: [Int]) -> Int? {
        var best: (fullness: Double, node: Int)?
        for node in nodes where fleet.hindrance(guest, at: node) == nil {
            let candidate = (fleet.fullness(node, with: guest), node)
            if best.map({ candidate < ($0.fullness, $0.node) }) ?? true { best = candidate }
        }
        return best?.node
    }

    /// Why no node takes it: every node but its own, folded by rule.
    func obstacles(for guest: Guest, except source: Int?) -> [Obstacle] {
        var obstacles = Obstacles()
        for node in fleet.books.indices where node != source {
            guard let hindrance = fleet.hindrance(guest, at: node) else { continue }
            obstacles.add(hindrance, at: fleet.id(node))
        }
        return obstacles.list
    }

    /// A row for a tenant that must go, or a refusal.
    @discardableResult
    mutating func place(_ tenant: Int, from source: Int, _ reason: Reason) -> Bool {
        if let why = unable(tenant, from: source, reason.purpose) {
            refuse(.tenant(fleet.tenants[tenant].id, on: fleet.id(source)), reason.purpose, why)
            return false
        }
        return placeIfAny(tenant, from: source, reason, refusing: true)
    }

    /// A row, if some node takes it.
    mutating func placeIfAny(_ tenant: Int, from source: Int, _ reason: Reason, refusing: Bool) -> Bool {
        guard !isFull else {
            leave(reason.purpose)
            return false
        }
        let guest = Guest(fleet.tenants[tenant])
        guard let target = roomiest(for: guest, except: source, choices: policy.choices) else {
            if refusing {
                let why = Refusal.Why.nowhere(obstacles(for: guest, except: source))
                refuse(.tenant(fleet.tenants[tenant].id, on: fleet.id(source)), reason.purpose, why)
            }
            return false
        }
        add(tenant, from: source, to: target, reason)
        return true
    }

    /// Why a tenant cannot leave its node now. A tenant whose node is dead waits for nothing.
    func unable(_ tenant: Int, from source: Int, _ purpose: Purpose) -> Refusal.Why? {
        guard purpose != .failover else { return nil }
        let state = fleet.books[source].node.state
        guard state == .up || state == .draining else { return .source(state) }
        return fleet.resting(tenant)
    }
}
