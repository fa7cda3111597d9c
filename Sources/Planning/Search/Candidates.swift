import Vocabulary

/// A node's tenants that balancing may move, the heaviest in a dimension first.
struct Candidates: Sendable {
    private(set) var list: [Int] = []
    /// Their loads in that dimension, beside the list: searches stay within a few cache lines.
    private var loads: [Int64] = []
    /// Those that it may not: pinned, cooling down, without load.
    private(set) var resting = 0

    init(_ overload: Overload, _ fleet: Fleet) {
        let dimension = overload.dimension
        let staying = fleet.staying(overload.node)
        var weighed: [(load: Int64, id: TenantID, tenant: Int)] = []
        for tenant in staying {
            let load = fleet.tenants[tenant].load[dimension]
            guard load > 0, fleet.isFree(tenant) else { continue }
            weighed.append((load, fleet.tenants[tenant].id, tenant))
        }
        weighed.sort { ($1.load, $0.id) < ($0.load, $1.id) }
        list = weighed.map(\.tenant)
        loads = weighed.map(\.load)
        resting = staying.count - list.count
    }

    /// Where those begin whose load is at most so much.
    func first(atMost load: Double) -> Int {
        var (low, high) = (0, loads.count)
        while low < high {
            let middle = (low + high) / 2
            if Double(loads[middle]) > load { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
