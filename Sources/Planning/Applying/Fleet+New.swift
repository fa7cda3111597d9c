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
        // Of equally full ones the first that was drawn.
        let node = drawn.dropFirst().reduce(drawn.first ?? able[0]) { best, next in
            isRoomier(next, than: best, for: guest) ? next : best
        }
        books[node].house(guest.load, guest.load, guest.constraints, tenant)
        return .node(id(node))
    }

    /// What is no tenant's on the disk counts where it differs much: nodes that share a disk see a little more or less of the
    /// same, and that must not decide over what tenants use.
    private func isRoomier(_ node: Int, than other: Int, for guest: Guest) -> Bool {
        let (own, others) = (foreign(node), foreign(other))
        let isAlike = abs(own - others) < Self.alike
        return filled(node, foreign: own, with: guest)
            < filled(other, foreign: isAlike ? own : others, with: guest)
    }

    private static var alike: Double { 0.05 }

    private func foreign(_ node: Int) -> Double {
        let whole = books[node].node.capacity.bytes
        return whole > 0 ? Double(books[node].node.otherBytes) / Double(whole) : 0
    }

    private func filled(_ node: Int, foreign: Double, with guest: Guest) -> Double {
        let book = books[node]
        guard book.node.capacity.bytes > 0 else { return fullness(node, with: guest) }
        return max(fullness(node, with: guest), foreign + book.share(.bytes, of: book.load + guest.load.asAdded))
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
