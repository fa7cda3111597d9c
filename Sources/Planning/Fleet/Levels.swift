/// Where each dimension should be: the same for every node, and unchanged by moves between nodes.
struct Levels: Sendable {
    /// Shares of capacity: to which a node is shed.
    private(set) var level = PerDimension(all: 0)
    /// Above which shedding begins.
    private(set) var trigger = PerDimension(all: 0)
    /// All capacity, by which a node's part of the objective is weighed.
    private(set) var capacity = PerDimension(all: 0)

    init(_ books: [Book], _ policy: Policy) {
        for dimension in Dimension.allCases {
            let capacity = books.reduce(0) { $0 + ($1.node.state == .up ? $1.node.capacity[dimension] : 0) }
            // A node whose capacity is not known counts with its load: so no move between nodes changes the mean.
            let load = books.filter { Self.counts($0.node, policy) }.reduce(0) { $0 + $1.load[dimension] }
            let mean = capacity > 0 ? Double(load) / Double(capacity) : 0
            self.capacity[dimension] = Double(capacity)
            level[dimension] = max(policy.balance.floor[dimension], mean * (1 + policy.balance.slack))
            trigger[dimension] = level[dimension] * (1 + policy.balance.hysteresis)
        }
    }

    /// Its load is on a node that is up, or will be.
    private static func counts(_ node: Inventory.Node, _ policy: Policy) -> Bool {
        switch node.state {
        case .up: true
        case .suspect: false
        case .draining: !node.holdsEmbeddedCatalog
        case .fenced: policy.takesOver
        }
    }
}
