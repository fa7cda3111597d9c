import Vocabulary

/// What a node has, as the plan so far leaves it.
struct Book: Sendable {
    let node: Inventory.Node
    /// When all of the plan is done: slow and fast averages.
    var load: Load
    var fast: Load
    var count: Int
    /// The most at any moment, in whatever order the moves run: all that is there and all that comes, nothing that goes
    /// taken away. A copy that has left keeps its space until its retention is over, so for bytes this is how it is.
    var peak: Load
    var peakCount: Int
    /// Of the tenants that are to be apart, how many a group, those that go included.
    var groups: [String: Int] = [:]
    /// The one with the least id that is here, or comes, and wants to be alone.
    var loner: TenantID?
    /// Places in the inventory's list of tenants; not those under way.
    var residents: [Int32] = []

    init(_ node: Inventory.Node) {
        self.node = node
        load = node.rest
        fast = node.restFast
        count = node.restCount
        peak = Load.larger(node.rest, node.restFast)
        peakCount = node.restCount
    }

    /// A tenant that is here when the plan begins.
    mutating func house(
        _ load: Load, _ fast: Load, _ constraints: [Constraint], _ tenant: TenantID, after left: Load = .zero
    ) {
        take(load, fast, constraints, tenant, after: left)
        count += 1
        self.load += load
        self.fast += fast
    }

    /// A tenant comes; its space and its share of the capacities are taken from the first moment on.
    ///
    /// - Parameter left: of one that is certainly gone before it comes; but its space is not free yet.
    mutating func take(
        _ load: Load, _ fast: Load, _ constraints: [Constraint], _ tenant: TenantID, after left: Load = .zero
    ) {
        peak += Load.larger(Load.larger(load, fast) - left.withoutBytes, .zero)
        peakCount += 1
        for constraint in constraints {
            switch constraint {
            case .apart(let group): groups[group, default: 0] += 1
            case .alone: loner = loner.map { min($0, tenant) } ?? tenant
            case .label, .zones, .pin, .forbid: break
            }
        }
    }

    func share(_ dimension: Dimension, of load: Load) -> Double {
        let capacity = node.capacity[dimension]
        return capacity > 0 ? Double(load[dimension]) / Double(capacity) : 0
    }

    func share(_ dimension: Dimension) -> Double { share(dimension, of: load) }

    /// Of the disk, everything on it counted, once what goes has gone.
    var diskShare: Double {
        let capacity = node.capacity.bytes
        return capacity > 0 ? Double(load.bytes + node.otherBytes) / Double(capacity) : 0
    }
}
