import Planning
import Testing
import Vocabulary

/// What holds of every plan, on some hundreds of small fleets with a bit of everything.
@Suite struct `Properties of a plan` {
    static let seeds = 0..<600

    @Test func `No rule, capacity or budget is broken at any moment of carrying it out`() {
        var rows = 0
        for seed in Self.seeds {
            let world = RandomWorld(seed: seed)
            let plan = planned(world.inventory, world.policy, seed: UInt64(seed))
            var dice = Dice(seed + 1_000_000)
            var referee = Referee(world.inventory, world.policy)
            referee.carryOut(plan, &dice)
            #expect(referee.faults.isEmpty, "seed \(seed): \(referee.faults.first ?? "")\n\(plan)")
            #expect(!referee.isStuck || !world.inventory.moves.isEmpty, "seed \(seed)")
            rows += plan.rows.count
        }
        #expect(rows > 1500)
    }

    @Test func `A tenant moves once, never while it rests or is on its way, and the plan keeps its budgets`() {
        for seed in Self.seeds {
            let world = RandomWorld(seed: seed)
            let plan = planned(world.inventory, world.policy)
            #expect(Set(plan.rows.map(\.tenant)).count == plan.rows.count)
            #expect(plan.rows.count <= world.policy.maximumRows)
            let listed = Dictionary(uniqueKeysWithValues: world.inventory.tenants.map { ($0.id, $0) })
            for row in plan.rows {
                #expect(!world.inventory.moves.contains { $0.tenant == row.tenant })
                expectRested(listed[row.tenant]!, row)
            }
            expectBudgets(plan, world)
        }
    }

    private func expectRested(_ tenant: Inventory.Tenant, _ row: PlanRow) {
        guard row.purpose != .failover, let trail = tenant.trail else { return }
        if let moved = trail.moved { #expect(noon.milliseconds - moved.milliseconds >= 15 * 60_000) }
        if let failed = trail.failed {
            #expect(noon.milliseconds - failed.milliseconds >= 15 * 60_000 * (1 << (min(trail.failures, 7) - 1)))
        }
        if row.purpose == .balance, trail.from == row.to, let moved = trail.moved {
            #expect(noon.milliseconds - moved.milliseconds >= 60 * 60_000)
        }
    }

    private func expectBudgets(_ plan: Plan, _ world: RandomWorld) {
        let budget = world.policy.budget
        for row in plan.rows {
            let round = plan.rows.filter { $0.from == row.from && $0.round == row.round }
            #expect(round.filter { $0.bytes > budget.bigBytes }.count <= budget.bigMoves)
            #expect(round.filter { $0.bytes <= budget.bigBytes }.count <= budget.smallMoves)
        }
        let balancing = plan.rows.filter { $0.purpose == .balance }
        let all =
            world.inventory.tenants.reduce(0) { $0 + $1.load.bytes }
            + world.inventory.nodes.reduce(0) { $0 + $1.rest.bytes }
        let hourly = max(budget.hourlyBytes, Int64(Double(all) * budget.hourlyShare))
        #expect(balancing.reduce(0) { $0 + $1.bytes } <= hourly)
        #expect(balancing.allSatisfy { $0.round < budget.balanceRounds })
        if !world.policy.windows.isEmpty { #expect(balancing.isEmpty) }
        #expect(plan.rows.map(\.purpose) == plan.rows.map(\.purpose).sorted())
    }

    @Test func `The order in which the inventory is written does not matter, and the same seed makes the same plan`() {
        for seed in Self.seeds {
            let world = RandomWorld(seed: seed)
            let plan = planned(world.inventory, world.policy, seed: 7)
            var dice = Dice(seed)
            var shuffled = world.inventory
            shuffled.nodes.shuffle(using: &dice)
            shuffled.tenants.shuffle(using: &dice)
            shuffled.moves.shuffle(using: &dice)
            let other = planned(shuffled, world.policy, seed: 7)
            #expect(plan == other, "seed \(seed)")
            #expect(plan.description == other.description)
        }
    }

    @Test func `Balancing lowers the objective with every row that claims it, or does nothing`() {
        var balanced = 0
        for seed in Self.seeds {
            let world = RandomWorld(seed: seed).withoutUrgencies
            let plan = planned(world.inventory, world.policy)
            guard !plan.isEmpty else { continue }
            #expect(plan.rows.allSatisfy { $0.purpose == .balance })
            balanced += 1
            #expect(plan.after < plan.before)
            var inventory = world.inventory
            var pressure = Fleet(inventory, world.policy).pressure
            #expect(pressure == plan.before)
            for row in plan.rows {
                var single = plan
                single.rows = [row]
                inventory = inventory.after(single, at: noon)
                let now = Fleet(inventory, world.policy).pressure
                if case .balance = row.reason { #expect(now < pressure, "seed \(seed): \(row)") }
                pressure = now
            }
            #expect(abs(pressure - plan.after) < 1e-12)
        }
        #expect(balanced > 100)
    }

    @Test func `Carried out and planned again it is empty or better, and that ends`() {
        var again = 0
        for seed in Self.seeds {
            let world = RandomWorld(seed: seed)
            var inventory = world.inventory
            inventory.moves = []
            var policy = generous
            policy.coolDown.tenant = .zero
            policy.coolDown.wayBack = .zero
            policy.takesOver = world.policy.takesOver
            var steps = 0
            while true {
                let plan = planned(inventory, policy, seed: UInt64(steps))
                if plan.rows.allSatisfy({ $0.purpose == .balance }), !plan.isEmpty { #expect(plan.after < plan.before) }
                guard !plan.isEmpty else { break }
                steps += 1
                inventory = inventory.after(plan, at: noon)
                if steps > 12 {
                    Issue.record("seed \(seed) goes on and on:\n\(plan)")
                    break
                }
            }
            if steps > 1 { again += 1 }
        }
        #expect(again < Self.seeds.count / 5)
    }

    @Test func `Every tenant that must leave has a row or a refusal that says why not`() {
        var (leaving, refused) = (0, 0)
        for seed in Self.seeds {
            let world = RandomWorld(seed: seed)
            let plan = planned(world.inventory, world.policy)
            guard plan.rows.count < world.policy.maximumRows else { continue }
            let moving = Set(plan.rows.map(\.tenant)).union(world.inventory.moves.map(\.tenant))
            let emptied = world.inventory.nodes.filter { node in
                node.state == .draining && !node.holdsEmbeddedCatalog || node.state == .fenced && world.policy.takesOver
            }
            for tenant in world.inventory.tenants where emptied.contains(where: { $0.id == tenant.node }) {
                leaving += 1
                guard !moving.contains(tenant.id) else { continue }
                refused += 1
                let isSaid = plan.refusals.contains { $0.subject == .tenant(tenant.id, on: tenant.node) }
                #expect(isSaid, "seed \(seed): \(tenant.id)\n\(plan)")
            }
            for node in emptied where node.restCount > 0 {
                #expect(plan.refusals.contains { $0.why == .notListed(tenants: node.restCount) })
            }
        }
        #expect(leaving > 1000 && refused > 100, "\(leaving) leave, \(refused) do not")
    }
}
