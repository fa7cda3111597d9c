extension Draft {
    /// Tenants that are where a rule of theirs forbids it, in the order of their ids. One that is elsewhere than
    /// pinned is an operator's request and waits for those.
    mutating func endViolations() {
        var seen: Set<GroupOnNode> = []
        for tenant in fleet.constrained where !fleet.moved[tenant] {
            guard let node = fleet.places[fleet.tenants[tenant].node] else { continue }
            guard !isEmptied(fleet.books[node].node) else { continue }
            guard let hindrance = violation(of: tenant, at: node, &seen) else { continue }
            place(tenant, from: node, .violation(hindrance))
        }
    }

    /// All of its tenants leave it anyway.
    private func isEmptied(_ node: Inventory.Node) -> Bool {
        node.state == .fenced || node.state == .draining && !node.holdsEmbeddedCatalog
    }

    private func violation(of tenant: Int, at node: Int, _ seen: inout Set<GroupOnNode>) -> Hindrance? {
        let constraints = fleet.tenants[tenant].constraints
        if let hindrance = fleet.misplacement(constraints, at: node) {
            if case .pinned = hindrance { return nil }
            return hindrance
        }
        for case .apart(let group) in constraints {
            let isFirst = seen.insert(GroupOnNode(group: group, node: node)).inserted
            if !isFirst { return .apart(group: group) }
        }
        return nil
    }
}

/// Which groups have a tenant on which nodes; asked, never listed.
private struct GroupOnNode: Hashable {
    let group: String
    let node: Int
}
