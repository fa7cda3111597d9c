extension Draft {
    /// All draining nodes together: a tenant of one must not take the place that only a tenant of another could use.
    mutating func drain() {
        var leaving: [Leaving] = []
        for node in fleet.books.indices where fleet.books[node].node.state == .draining {
            guard !fleet.books[node].node.holdsEmbeddedCatalog else {
                refuse(.node(fleet.id(node)), .drain, .embeddedCatalog)
                continue
            }
            leaving += fleet.staying(node).map { Leaving(tenant: $0, source: node, reason: .drain) }
            refuseUnlisted(of: node, .drain)
        }
        evacuate(leaving)
    }

    /// Rows for all that must leave, the heaviest first, each to the roomiest node. Where that leaves some without a
    /// place for want of room, a bounded search packs them anew.
    mutating func evacuate(_ leaving: [Leaving]) {
        guard !leaving.isEmpty else { return }
        let ordered = heaviestFirst(leaving)
        let before = self
        if spread(ordered) { return }
        let movable = ordered.filter { before.unable($0.tenant, from: $0.source, $0.reason.purpose) == nil }
        guard let targets = Packing.search(movable.map(\.tenant), in: before.fleet) else { return }
        self = before
        for (one, target) in zip(movable, targets) where !isFull {
            add(one.tenant, from: one.source, to: target, one.reason)
        }
        refuseUnable(ordered)
    }

    /// False where one that could leave found no room.
    private mutating func spread(_ leaving: [Leaving]) -> Bool {
        var isDone = true
        for one in leaving {
            let isUnable = unable(one.tenant, from: one.source, one.reason.purpose) != nil
            if !place(one.tenant, from: one.source, one.reason), !isUnable, !isFull { isDone = false }
        }
        return isDone
    }

    private mutating func refuseUnable(_ leaving: [Leaving]) {
        for one in leaving {
            guard let why = unable(one.tenant, from: one.source, one.reason.purpose) else { continue }
            refuse(.tenant(fleet.tenants[one.tenant].id, on: fleet.id(one.source)), one.reason.purpose, why)
        }
    }

    private func heaviestFirst(_ leaving: [Leaving]) -> [Leaving] {
        let places = Dictionary(leaving.enumerated().map { ($1.tenant, $0) }) { first, _ in first }
        return heaviestFirst(leaving.map(\.tenant)).compactMap { places[$0].map { leaving[$0] } }
    }
}
