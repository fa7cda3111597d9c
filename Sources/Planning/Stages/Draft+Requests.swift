extension Draft {
    /// What operators asked for: tenants to the nodes they are pinned to, then room for those that are to be alone.
    mutating func grantRequests() {
        for tenant in fleet.constrained where !fleet.moved[tenant] {
            guard let pin = fleet.tenants[tenant].pin, let node = senderOf(tenant), fleet.id(node) != pin else {
                continue
            }
            place(tenant, from: node, .pinned)
        }
        for tenant in fleet.constrained where !fleet.moved[tenant] && fleet.tenants[tenant].isAlone { isolate(tenant) }
    }

    /// To an empty node, if one may take it; else the others leave its own.
    private mutating func isolate(_ tenant: Int) {
        guard let node = senderOf(tenant), fleet.books[node].count > 1 else { return }
        guard fleet.books[node].loner == fleet.tenants[tenant].id else { return makeWay(tenant, node) }
        if fleet.tenants[tenant].pin == nil, unable(tenant, from: node, .request) == nil,
            placeIfAny(tenant, from: node, .alone(others: fleet.books[node].count - 1), refusing: false)
        {
            return
        }
        let others = fleet.staying(node).filter { $0 != tenant && !fleet.tenants[$0].isAlone }
        evacuate(others.map { Leaving(tenant: $0, source: node, reason: .makesRoom(fleet.tenants[tenant].id)) })
        refuseUnlisted(of: node, .request)
    }

    /// Of several that want a node alone the one with the least id has it.
    private mutating func makeWay(_ tenant: Int, _ node: Int) {
        place(tenant, from: node, .alone(others: fleet.books[node].count - 1))
    }

    /// The node that a tenant is on, unless that is being emptied or taken over anyway.
    private func senderOf(_ tenant: Int) -> Int? {
        guard let node = fleet.places[fleet.tenants[tenant].node] else { return nil }
        let state = fleet.books[node].node.state
        return state == .up || state == .suspect ? node : nil
    }
}
