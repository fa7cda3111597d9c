extension Fleet {
    /// What the planner lowers: over all nodes that take tenants and all dimensions, the square of what a node has
    /// above the level, weighed by the dimension's weight and the node's part of all capacity. 0 when no node is
    /// above.
    package var pressure: Double { open.reduce(0) { $0 + pressure($1) } }

    func pressure(_ node: Int) -> Double { pressure(node, with: books[node].load) }

    /// A node's part, were its load this one.
    func pressure(_ node: Int, with load: Load) -> Double {
        Dimension.allCases.reduce(0) { $0 + pressure(node, $1, with: load) }
    }

    func pressure(_ node: Int, _ dimension: Dimension, with load: Load) -> Double {
        let excess = books[node].share(dimension, of: load) - levels.level[dimension]
        guard excess > 0 else { return 0 }
        let part = Double(books[node].node.capacity[dimension]) / levels.capacity[dimension]
        return policy.balance.weight[dimension] * part * excess * excess
    }

    /// The difference of two nodes in a dimension, as load: half of it, moved, makes their shares equal. Not positive
    /// where the target is not the lower one, or a capacity is not known.
    func gap(_ source: Int, _ target: Int, _ dimension: Dimension) -> Double {
        let from = Double(books[source].node.capacity[dimension])
        let to = Double(books[target].node.capacity[dimension])
        guard from > 0, to > 0 else { return 0 }
        return (books[source].share(dimension) - books[target].share(dimension)) * 2 * from * to / (from + to)
    }

    /// How full the fullest capacity of a node would be with a guest.
    func fullness(_ node: Int, with guest: Guest) -> Double {
        let load = Load.larger(books[node].load, books[node].fast) + guest.load.asAdded
        return Dimension.allCases.map { books[node].share($0, of: load) }.max() ?? 0
    }
}
