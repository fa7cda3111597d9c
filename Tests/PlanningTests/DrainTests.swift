import Planning
import Testing
import Vocabulary

@Suite struct `Draining a node` {
    private func draining(_ number: Int, of count: Int) -> [Inventory.Node] {
        fleet(count) { if $0 == number { $1.state = .draining } }
    }

    @Test func `Everything leaves, spread over the others`() {
        let tenants = (0..<90).map { guest($0, on: 1, cpu: 5) }
        let plan = planned(Inventory(now: noon, nodes: draining(1, of: 4), tenants: tenants))
        #expect(plan.rows.count == 90)
        #expect(plan.refusals.isEmpty)
        for number in 2...4 { #expect(plan.rows.filter { $0.to == node(number) }.count == 30) }
    }

    @Test func `The node with the embedded catalog is not emptied, in words`() {
        let nodes = fleet(2) {
            if $0 == 1 { ($1.state, $1.holdsEmbeddedCatalog) = (.draining, true) }
        }
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: [guest(0, on: 1)]))
        #expect(plan.isEmpty)
        #expect(
            plan.refusals.map(\.description) == [
                "drain: n1: holds the embedded catalog and cannot be emptied; move that first: `catalog copy`"
            ])
    }

    @Test func `What cannot leave says which rule of which node`() {
        let tenants = [
            guest(0, on: 1, cpu: 900), guest(1, on: 1, [.pin(node(1))]),
            guest(2, on: 1, [.label(name: "disk", value: "fast")]), guest(3, on: 1, cpu: 10),
        ]
        let plan = planned(Inventory(now: noon, nodes: draining(1, of: 3), tenants: tenants))
        #expect(plan.rows.map(\.tenant) == [tenant(3)])
        let words = Set(plan.refusals.map(\.description))
        #expect(
            words == [
                "drain: 0000000000000100 stays on n1: n2 cpu would be at 99.0 %, limit 90.0 % (and 1 more of this kind)",
                "drain: 0000000000000101 stays on n1: n2 the tenant is pinned to n1 (and 1 more of this kind)",
                "drain: 0000000000000102 stays on n1: n2 has disk=(none), the tenant wants disk=fast (and 1 more of this kind)",
            ])
    }

    @Test func `Tenants that are only a sum are named as such`() {
        var nodes = draining(1, of: 2)
        nodes[0].restCount = 1234
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: [guest(0, on: 1)]))
        #expect(plan.rows.count == 1)
        #expect(
            plan.refusals.map(\.description) == [
                "drain: n1: 1234 tenants are not listed yet; plan again when these have left"
            ])
    }

    @Test func `Rows that do not fit into the plan are counted`() {
        var policy = generous
        policy.maximumRows = 10
        let plan = planned(
            Inventory(now: noon, nodes: draining(1, of: 2), tenants: (0..<25).map { guest($0, on: 1) }), policy)
        #expect(plan.rows.count == 10)
        #expect(plan.refusals.map(\.description) == ["drain: the fleet: 15 more moves than a plan may have"])
    }

    @Test func `Where spreading leaves one over, they are packed anew`() {
        // Spread by room the 45s come first, one to each node; then no place is left for the third 30.
        var tenants = [45, 45, 30, 30, 30, 0].enumerated().map { guest($0, on: 1, cpu: $1 * 9) }
        tenants[5].trail = .init(moved: noon, from: node(2))
        var policy = generous
        policy.limits.ceiling = PerDimension(all: 0.9)
        let plan = planned(Inventory(now: noon, nodes: draining(1, of: 3), tenants: tenants), policy)
        #expect(plan.rows.count == 5, "\(plan)")
        #expect(plan.refusals.map(\.subject) == [.tenant(tenant(5), on: node(1))])
    }

    @Test func `A target must bear what a tenant does now, not only what it did on average`() {
        var tenants = [guest(0, on: 1, cpu: 100), guest(1, on: 2, cpu: 100)]
        tenants[0].fast = perMille(cpu: 500)
        tenants[1].fast = perMille(cpu: 500)
        let plan = planned(Inventory(now: noon, nodes: draining(1, of: 2), tenants: tenants))
        #expect(plan.isEmpty)
        #expect(
            plan.refusals.map(\.description) == [
                "drain: 0000000000000100 stays on n1: n2 cpu would be at 105.0 %, limit 90.0 %"
            ])
    }

    /// All ways to place the tenants are tried.
    @Test func `A node ends empty whenever there is a way at all`() {
        var (possible, impossible) = (0, 0)
        for seed in 0..<400 {
            var dice = Dice(seed)
            let count = dice.within(2...4)
            var nodes = draining(1, of: count)
            for place in nodes.indices { nodes[place].maximumTenants = dice.once(in: 3) ? dice.within(1...3) : 100 }
            let tenants = (0..<dice.within(1...6)).map { number in
                let group: [Constraint] = dice.once(in: 4) ? [.apart("g")] : []
                return guest(number, on: 1, cpu: dice.within(100...600), bytes: dice.within(1...500), group)
            }
            let inventory = Inventory(now: noon, nodes: nodes, tenants: tenants)
            let plan = planned(inventory)
            let isPossible = BruteForce(inventory, generous).canEmpty(node(1))
            #expect(isPossible == (plan.rows.count == tenants.count), "seed \(seed)\n\(plan)")
            if isPossible { possible += 1 } else { impossible += 1 }
        }
        #expect(possible > 60 && impossible > 60, "\(possible) possible, \(impossible) impossible")
    }
}
