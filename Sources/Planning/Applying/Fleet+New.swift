package import Vocabulary

extension Fleet {
    /// A node for a new tenant: of a few drawn from those that may take it, the one with the most room. What is on its
    /// way counts, and so does every tenant placed here before.
    ///
    /// Drawn, not the best of all: many creators with the same slightly old numbers must not all choose the same node.
    package mutating func placeNew(_ guest: Guest, as tenant: TenantID, seed: UInt64) -> NewPlace {
        let able = open.filter { hindrance(guest, at: $0) == nil }
        guard !able.isEmpty else {
            return .nowhere(Refusal(subject: .newTenant, purpose: .creation, why: obstacles(guest)))
        }
        var draw = Draw(seed: seed ^ tenant.rawValue)
        let drawn = draw.sample(policy.choicesForNew, of: able)
        let node = drawn.min { (fullness($0, with: guest), $0) < (fullness($1, with: guest), $1) } ?? able[0]
        books[node].house(guest.load, guest.load, guest.constraints, tenant)
        return .node(id(node))
    }

    private func obstacles(_ guest: Guest) -> Refusal.Why {
        var obstacles = Obstacles()
        for node in books.indices {
            if let hindrance = hindrance(guest, at: node) { obstacles.add(hindrance, at: id(node)) }
        }
        return .nowhere(obstacles.list)
    }
}

/// Where a new tenant goes.
package enum NewPlace: Equatable, Sendable {
    case node(NodeID)
    case nowhere(Refusal)
}
