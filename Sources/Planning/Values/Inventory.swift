package import Vocabulary

/// The fleet as the planner sees it: one reading of the catalog and of the nodes' statistics.
///
/// The order of the lists says nothing. Tenants that are pinned, constrained or among the heaviest of their node in
/// some dimension are listed one by one; the others are one sum per node (``Node/rest``), so that a fleet of 10⁸
/// tenants is a list of some 10⁵. A tenant is listed once; the planner never moves one that is not listed.
package struct Inventory: Sendable {
    /// When it was read.
    package var now: WallTime
    package var nodes: [Node]
    package var tenants: [Tenant]
    /// Moves under way; counted as done on both sides, except for the space, which they take on both.
    package var moves: [Move]
    /// Bytes that balancing moved in the last hour.
    package var balancedBytes: Int64

    package init(
        now: WallTime, nodes: [Node], tenants: [Tenant], moves: [Move] = [], balancedBytes: Int64 = 0
    ) {
        self.now = now
        self.nodes = nodes
        self.tenants = tenants
        self.moves = moves
        self.balancedBytes = balancedBytes
    }
}
