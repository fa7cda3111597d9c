import Planning
import Testing
import Vocabulary

@Suite struct `Rechecking a row` {
    private var inventory: Inventory {
        Inventory(now: noon, nodes: fleet(3), tenants: (0..<8).map { guest($0, on: 1, cpu: 100) })
    }

    /// The world as it was planned for, and what is changed in it.
    private func recheck(_ change: (inout Inventory, inout Placement?) -> Void) throws -> Recheck {
        let plan = planned(inventory)
        let row = try #require(plan.rows.first)
        var now = inventory
        var placement: Placement? = Placement(tenant: row.tenant, owner: row.from, epoch: .first, version: row.version)
        change(&now, &placement)
        let present = now.tenants.first { $0.id == row.tenant }
        return plan.recheck(row, in: World(placement: placement, tenant: present, fleet: Fleet(now, generous)))
    }

    private func target(_ now: inout Inventory, _ change: (inout Inventory.Node) -> Void) {
        let row = planned(inventory).rows[0]
        for place in now.nodes.indices where now.nodes[place].id == row.to { change(&now.nodes[place]) }
    }

    @Test func `In an unchanged world it goes`() throws {
        #expect(try recheck { _, _ in } == .go)
    }

    @Test func `A placement that changed skips it`() throws {
        let version = planned(inventory).rows[0].version
        #expect(try recheck { $1?.version += 1 } == .skipped(.version(planned: version, found: version + 1)))
        #expect(try recheck { $1?.owner = node(2) } == .skipped(.owner(planned: node(1), found: node(2))))
        #expect(
            try recheck {
                $1?.state = .moving
                $1?.target = node(3)
            } == .skipped(.moving(to: node(3))))
        #expect(try recheck { $1 = nil } == .skipped(.gone))
        #expect(try recheck { now, _ in now.tenants = [] } == .skipped(.gone))
    }

    @Test func `An old plan is not applied`() throws {
        let minute: Int64 = 60_000
        func after(_ minutes: Int64) throws -> Recheck {
            try recheck { now, _ in now.now = WallTime(milliseconds: noon.milliseconds + minutes * minute) }
        }
        #expect(try after(15) == .go)
        #expect(try after(16) == .skipped(.expired(at: WallTime(milliseconds: noon.milliseconds + 15 * minute))))
    }

    @Test func `A node that changed skips it`() throws {
        #expect(try recheck { now, _ in now.nodes[0].state = .suspect } == .skipped(.source(.suspect)))
        #expect(try recheck { now, _ in now.nodes[0].state = .draining } == .go)
        for state in [Inventory.Node.State.suspect, .draining, .fenced] {
            let skipped = try recheck { now, _ in target(&now) { $0.state = state } }
            #expect(skipped == .skipped(.hindered(.state(state))))
        }
        let row = planned(inventory).rows[0]
        #expect(try recheck { now, _ in now.nodes.removeAll { $0.id == row.to } } == .skipped(.unknownNode(row.to)))
    }

    @Test func `What a drain had planned goes only while its node is drained`() throws {
        var drained = inventory
        drained.nodes[0].state = .draining
        let plan = planned(drained)
        let row = try #require(plan.rows.first { $0.purpose == .drain })
        func recheck(in now: Inventory) -> Recheck {
            let placement = Placement(tenant: row.tenant, owner: row.from, epoch: .first, version: row.version)
            let tenant = now.tenants.first { $0.id == row.tenant }
            return plan.recheck(row, in: World(placement: placement, tenant: tenant, fleet: Fleet(now, generous)))
        }
        #expect(recheck(in: drained) == .go)
        #expect(recheck(in: inventory) == .skipped(.undrained))
    }

    @Test func `A rule that has come up since skips it`() throws {
        let row = planned(inventory).rows[0]
        func with(_ change: (inout Inventory.Tenant) -> Void) throws -> Recheck {
            try recheck { now, _ in
                for place in now.tenants.indices where now.tenants[place].id == row.tenant {
                    change(&now.tenants[place])
                }
            }
        }
        #expect(try with { $0.constraints = [.forbid(row.to)] } == .skipped(.hindered(.forbidden)))
        #expect(try with { $0.constraints = [.pin(node(1))] } == .skipped(.hindered(.pinned(to: node(1)))))
        let full = try recheck { now, _ in target(&now) { ($0.restCount, $0.rest) = (1, perMille(bytes: 950)) } }
        #expect(full == .skipped(.hindered(.disk(after: 0.951, limit: 0.925))))
        let until = WallTime(milliseconds: noon.milliseconds + 15 * 60_000)
        #expect(
            try with { $0.trail = .init(failures: 1, failed: noon) }
                == .skipped(.resting(.cooling(until: until, failures: 1))))
    }

    @Test func `Every row of a plan goes in the world it was made for`() {
        for seed in 0..<200 {
            let world = RandomWorld(seed: seed)
            let plan = planned(world.inventory, world.policy)
            let fleet = Fleet(world.inventory, world.policy)
            for row in plan.rows {
                if case .exchange = row.reason { continue }
                let listed = world.inventory.tenants.first { $0.id == row.tenant }
                let placement = Placement(tenant: row.tenant, owner: row.from, epoch: .first, version: row.version)
                let result = plan.recheck(row, in: World(placement: placement, tenant: listed, fleet: fleet))
                #expect(result == .go, "seed \(seed): \(row)")
            }
        }
    }

    @Test func `A row that was begun takes its room from the next`() throws {
        let nodes = fleet(2) { $1.state = $0 == 1 ? .draining : .up }
        let tenants = (0..<2).map { guest($0, on: 1, bytes: 300) }
        let inventory = Inventory(now: noon, nodes: nodes, tenants: tenants)
        let plan = planned(inventory)
        var now = inventory
        (now.nodes[1].restCount, now.nodes[1].rest) = (1, perMille(bytes: 500))
        var world = World(placement: nil, tenant: nil, fleet: Fleet(now, generous))
        var results: [Recheck] = []
        for row in plan.rows {
            let listed = try #require(tenants.first { $0.id == row.tenant })
            world.placement = Placement(tenant: row.tenant, owner: row.from, epoch: .first, version: row.version)
            world.tenant = listed
            results.append(plan.recheck(row, in: world))
            if results.last == .go { world.fleet.begin(row, listed) }
        }
        #expect(results == [.go, .skipped(.hindered(.disk(after: 1.1, limit: 0.925)))])
    }
}
