import Balancing
import Catalog
import CatalogDrivers
import Foundation
import Journal
import Planning
import Seams
import Synchronization
import Tenants
import Testing
import Vocabulary

/// The controller against a real catalog, with moves that are nothing but their rows.
struct RebalancerTests {
    @Test func `another node goes on where a controller has died, and no tenant moves twice`() async throws {
        let world = try await PlanWorld(tenants: 24)
        let plan = try await world.plan(pinning: 24)
        try await world.apply(plan)
        let starter = RowMover(store: world.store, pause: 20_000_000)
        let first = Task { await world.rebalancer("n1", starter).run() }
        try await world.wait { try await world.done(plan) >= 3 }
        first.cancel()
        await first.value
        let atDeath = try await world.done(plan)
        #expect(atDeath < 24, "killed in the midst of it")

        let second = Task { await world.rebalancer("n2", starter).run() }
        try await world.wait { try await PlanRows(world.store).find(plan)?.state == .ended }
        second.cancel()
        await second.value
        #expect(try await world.done(plan) == 24)
        #expect(try await ControllerRows(world.store).read().holder == NodeID("n2"))
        let moves = try await MoveRows(world.store).list(limit: 1000)
        #expect(Set(moves.map(\.tenant)).count == 24 && moves.count == 24, "\(moves.count) moves")
    }

    @Test func `what is paused before it is asked for does not begin`() async throws {
        let world = try await PlanWorld(tenants: 4)
        let starter = RowMover(store: world.store, pause: 0)
        let task = Task { await world.rebalancer("n1", starter).run() }
        try await world.wait { try await ControllerRows(world.store).read().holder != nil }
        let now = SystemTime().wall()
        _ = try await ControllerRows(world.store).pause(
            until: WallTime(milliseconds: now.milliseconds + 3_600_000), at: now)
        let plan = try await world.plan(pinning: 4)
        try await world.apply(plan)
        try await Task.sleep(for: .milliseconds(300))
        #expect(starter.begun.withLock { $0 } == 0)
        _ = try await ControllerRows(world.store).pause(until: nil, at: now)
        try await world.wait { try await PlanRows(world.store).find(plan)?.state == .ended }
        #expect(starter.begun.withLock { $0 } == 4)
        task.cancel()
        await task.value
    }

    @Test func `a node that cannot be emptied says why, and is emptied once it can be`() async throws {
        let world = try await PlanWorld(tenants: 6)
        let nodes = NodeRows(world.store)
        // Every other node is full.
        for node in ["n2", "n3"] { try await world.report(node, disk: 1000, used: 990) }
        try await world.report("n1", disk: 1000, used: 0, tenants: try await world.owned(by: "n1"))
        _ = try await nodes.drain(NodeID("n1")!, at: SystemTime().wall())
        let starter = RowMover(store: world.store, pause: 0)
        let task = Task { await world.rebalancer("n2", starter).run() }
        try await world.wait { try await nodes.find(NodeID("n1")!)?.drain?.note != nil }
        let note = try #require(try await nodes.find(NodeID("n1")!)?.drain?.note)
        #expect(note.contains("n2") && note.contains("92.5"), "\(note)")
        try await world.report("n3", disk: 1 << 40, used: 0)
        try await world.wait { try await PlacementRows(world.store).counts()[NodeID("n1")!] ?? 0 == 0 }
        #expect(try await PlacementRows(world.store).counts()[NodeID("n3")!] == 6)
        try await world.wait { try await nodes.find(NodeID("n1")!)?.drain?.note == nil }
        task.cancel()
        await task.value
    }

    @Test func `tenants that the settings keep off a node leave it`() async throws {
        let world = try await PlanWorld(tenants: 3)
        let rules = PlacementRules(["default": [.forbid(NodeID("n1")!)], "other": [.forbid(NodeID("n2")!)]])
        let maker = PlanMaker(store: world.store, rules: rules, time: SystemTime(), random: SystemRandom())
        let made = try maker.plan(try await maker.read(), .whole, Policy())
        #expect(Set(made.body.rows.map(\.key)) == ["t0", "t1", "t2"])
        #expect(made.body.rows.allSatisfy { $0.row.purpose == .violation && $0.row.to != NodeID("n1") })
        #expect(made.body.rows.first?.why.hasPrefix("violation: its node") == true, "\(made.body.rows)")
        let without = PlanMaker(store: world.store, rules: .none, time: SystemTime(), random: SystemRandom())
        #expect(try without.plan(try await without.read(), .whole, Policy()).body.rows.isEmpty)
    }

    @Test func `new tenants go where there is room, and not where nothing comes`() async throws {
        let world = try await PlanWorld(tenants: 0)
        try await world.report("n1", disk: 1 << 40, used: 1 << 39)
        for node in ["n2", "n3"] { try await world.report(node, disk: 1 << 40, used: 0) }
        let rules = PlacementRules(["away": [.forbid(NodeID("n2")!)]])
        let placer = NewTenantPlacer(
            store: world.store, policy: Policy(), rules: rules, time: SystemTime(), random: SystemRandom())
        var counts: [NodeID: Int] = [:]
        let all = Set(["n1", "n2", "n3"].compactMap(NodeID.init))
        for _ in 0..<60 {
            guard case .node(let node) = try await placer.place(among: all) else { continue }
            counts[node, default: 0] += 1
        }
        #expect(counts[NodeID("n1")!] == nil, "it is the fuller of any two")
        #expect(counts.values.reduce(0, +) == 60 && counts.values.allSatisfy { $0 >= 20 }, "\(counts)")
        // One that is not to be chosen is not, whatever the picture says.
        #expect(try await placer.place(among: [NodeID("n1")!]) == .node(NodeID("n1")!))
        #expect(try await placer.place(among: all, pin: NodeID("n1")!) == .node(NodeID("n1")!))
        for _ in 0..<20 { #expect(try await placer.place(among: all, schema: "away") != .node(NodeID("n2")!)) }
    }
}
