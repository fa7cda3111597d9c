/// A search for places for some tenants that must all go, where taking the roomiest node each time found none.
///
/// Depth first, the heaviest tenant first, with a bound on the steps: it is complete for small cases (a few tenants
/// that fill a few nodes) and gives up on large ones, where one more tenant seldom matters.
struct Packing {
    /// Placements tried.
    static let maximumSteps = 20_000
    /// Tenants; more are not tried.
    static let maximumTenants = 64

    private var fleet: Fleet
    private let guests: [Guest]
    private let tenants: [Int]
    private var steps = 0
    private var chosen: [Int] = []

    /// A node for each tenant, in their order; nil where there is none, or none was found within the bounds.
    static func search(_ tenants: [Int], in fleet: Fleet) -> [Int]? {
        guard tenants.count <= maximumTenants else { return nil }
        var packing = Packing(tenants, fleet)
        return packing.goOn() ? packing.chosen : nil
    }

    private init(_ tenants: [Int], _ fleet: Fleet) {
        self.fleet = fleet
        self.tenants = tenants
        guests = tenants.map { Guest(fleet.tenants[$0]) }
    }

    private mutating func goOn() -> Bool {
        let depth = chosen.count
        guard depth < tenants.count else { return true }
        for node in fleet.open where steps < Self.maximumSteps {
            steps += 1
            let tenant = fleet.tenants[tenants[depth]]
            guard fleet.id(node) != tenant.node, fleet.hindrance(guests[depth], at: node) == nil else { continue }
            let saved = fleet.books[node]
            fleet.books[node].take(tenant.load, tenant.fast, tenant.constraints, tenant.id)
            chosen.append(node)
            if goOn() { return true }
            chosen.removeLast()
            fleet.books[node] = saved
        }
        return false
    }
}
