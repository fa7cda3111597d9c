package import Vocabulary

/// Nodes that one rule excluded: how many, and the one that came nearest.
package struct Obstacle: Hashable, Sendable, CustomStringConvertible {
    package var nearest: NodeID
    package var hindrance: Hindrance
    package var nodes: Int

    package var description: String {
        "\(nearest) \(hindrance)" + (nodes > 1 ? " (and \(nodes - 1) more of this kind)" : "")
    }
}

/// Folds hindrances, one a node, into one obstacle a kind. Bounded by the number of kinds.
struct Obstacles {
    private var folded: [Obstacle] = []

    mutating func add(_ hindrance: Hindrance, at node: NodeID) {
        guard let place = folded.firstIndex(where: { $0.hindrance.kind == hindrance.kind }) else {
            return folded.append(Obstacle(nearest: node, hindrance: hindrance, nodes: 1))
        }
        folded[place].nodes += 1
        let known = folded[place]
        if (hindrance.excess, node) < (known.hindrance.excess, known.nearest) {
            folded[place].hindrance = hindrance
            folded[place].nearest = node
        }
    }

    /// In a fixed order.
    var list: [Obstacle] { folded.sorted { $0.hindrance.kind < $1.hindrance.kind } }
}
