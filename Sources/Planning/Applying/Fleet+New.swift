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
        let node = drawn.min { filled($0, with: guest) < filled($1, with: guest) } ?? able[0]
        books[node].house(guest.load, guest.load, guest.constraints, tenant)
        return .node(id(node))
    }

    /// With what is no tenant's on the disk, in steps: nodes that share a disk see a little more or less of the same.
    private func filled(_ node: Int, with guest: Guest) -> Double {
        let (book, capacity) = (books[node], books[node].node.capacity.bytes)
        guard capacity > 0 else { return fullness(node, with: guest) }
        let others = (Double(book.node.otherBytes) / Double(capacity) * Self.steps).rounded(.down) / Self.steps
        return max(fullness(node, with: guest), others + book.share(.bytes, of: book.load + guest.load.asAdded))
    }

    private static var steps: Double { 20 }

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
