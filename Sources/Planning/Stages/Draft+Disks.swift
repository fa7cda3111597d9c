extension Draft {
    /// Nodes whose disk is nearly full shed bytes with as few moves as will do.
    mutating func relieveDisks() {
        let limits = policy.limits
        for node in fleet.open where fleet.books[node].diskShare > limits.diskUrgent {
            let share = fleet.books[node].diskShare
            shed(node, .disk(share: share, limit: limits.diskUrgent))
            let after = fleet.books[node].diskShare
            guard after > limits.diskUrgent else { continue }
            refuse(.node(fleet.id(node)), .disk, .disk(share: after, limit: limits.diskUrgent))
        }
    }

    private mutating func shed(_ node: Int, _ reason: Reason) {
        var candidates = fleet.staying(node).filter { unable($0, from: node, .disk) == nil }
        candidates.sort {
            let (a, b) = (fleet.tenants[$0], fleet.tenants[$1])
            return (a.load.bytes, a.id) < (b.load.bytes, b.id)
        }
        while !candidates.isEmpty, !isFull, surplus(of: node) > 0 {
            let wanted = surplus(of: node)
            let place = candidates.firstIndex { fleet.tenants[$0].load.bytes >= wanted } ?? candidates.count - 1
            let tenant = candidates.remove(at: place)
            guard fleet.tenants[tenant].load.bytes > 0 else { break }
            _ = placeIfAny(tenant, from: node, reason, refusing: false)
        }
    }

    /// Bytes that must go until the disk is calm.
    private func surplus(of node: Int) -> Int64 {
        let book = fleet.books[node]
        let calm = Int64(Double(book.node.capacity.bytes) * policy.limits.diskCalm)
        return book.load.bytes + book.node.otherBytes - calm
    }
}
