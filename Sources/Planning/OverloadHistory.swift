import Vocabulary

/// Whether overloads last: one sample above the trigger is not a reason to move anybody.
///
/// A dimension of a node is overloaded after three samples in a row above the trigger, by both averages, and stays so
/// until ten in a row were at the level or below.
package struct OverloadHistory: Equatable, Sendable {
    package static let samplesUp = 3
    package static let samplesDown = 10

    private struct Count: Equatable, Sendable {
        var isOver = false
        /// Samples in a row that speak for the other state.
        var run = 0

        mutating func observe(above: Bool, calm: Bool) {
            run = (isOver ? calm : above) ? run + 1 : 0
            guard run >= (isOver ? OverloadHistory.samplesDown : OverloadHistory.samplesUp) else { return }
            isOver.toggle()
            run = 0
        }
    }

    private var counts: [NodeID: [Count]] = [:]

    package init() {}

    /// Takes a sample. Nodes that are gone, or take no tenants, are forgotten.
    package mutating func observe(_ inventory: Inventory, _ policy: Policy) {
        let fleet = Fleet(inventory, policy)
        var seen: [NodeID: [Count]] = [:]
        for node in fleet.open {
            var known = counts[fleet.id(node)] ?? Dimension.allCases.map { _ in Count() }
            for dimension in Dimension.allCases {
                known[dimension.rawValue].observe(
                    above: fleet.isAbove(node, dimension, fleet.levels.trigger),
                    calm: fleet.books[node].share(dimension) <= fleet.levels.level[dimension])
            }
            seen[fleet.id(node)] = known
        }
        counts = seen
    }

    /// Writes what lasts into an inventory's nodes.
    package func mark(_ inventory: inout Inventory) {
        for place in inventory.nodes.indices {
            let known = counts[inventory.nodes[place].id] ?? []
            let over = Dimension.allCases.filter { known.indices.contains($0.rawValue) && known[$0.rawValue].isOver }
            inventory.nodes[place].overloaded = DimensionSet(over.map(DimensionSet.init))
        }
    }
}

extension Fleet {
    /// By both averages.
    func isAbove(_ node: Int, _ dimension: Dimension, _ shares: PerDimension) -> Bool {
        let book = books[node]
        return min(book.share(dimension), book.share(dimension, of: book.fast)) > shares[dimension]
    }
}
