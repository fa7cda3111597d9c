import Planning
import Testing
import Vocabulary

@Suite struct `Carrying a plan out` {
    @Test func `Two in and two out of a node at once, one round after the other`() {
        let nodes = fleet(4) { if $0 == 1 { $1.state = .draining } }
        var policy = Policy()
        policy.budget.smallMoves = 4
        let plan = planned(
            Inventory(now: noon, nodes: nodes, tenants: (0..<6).map { guest($0, on: 1) }), policy)
        var progress = PlanProgress(plan, policy: policy)
        #expect(progress.next() == [0, 1])
        #expect(progress.next() == [])
        progress.end(0, .done)
        #expect(progress.next() == [2])
        progress.end(1, .failed)
        #expect(progress.next() == [3])
        progress.end(2, .done)
        #expect(progress.next() == [])
        progress.end(3, .skipped(.gone))
        #expect(progress.next() == [4, 5])
        progress.end(4, .done)
        progress.end(5, .done)
        #expect(progress.hasEnded)
    }

    @Test func `Moves of others take their places`() {
        let nodes = fleet(3) { if $0 == 1 { $1.state = .draining } }
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: (0..<4).map { guest($0, on: 1) }))
        let other = Inventory.Move(tenant: tenant(9), from: node(1), to: node(2), load: .zero)
        var progress = PlanProgress(plan, policy: Policy(), underWay: [other])
        #expect(progress.next().count == 1)
    }

    @Test func `Who goes on with a plan begins where the other ended`() {
        let nodes = fleet(4) { if $0 == 1 { $1.state = .draining } }
        var policy = Policy()
        policy.budget.smallMoves = 4
        let plan = planned(
            Inventory(now: noon, nodes: nodes, tenants: (0..<6).map { guest($0, on: 1) }), policy)
        var progress = PlanProgress(plan, policy: policy)
        progress.resume([4: .done, 0: .done, 1: .failed, 3: .skipped(.gone), 2: .running])
        #expect(progress.states[2] == .waiting, "what was running is judged anew")
        #expect(progress.next() == [2])
        progress.end(2, .done)
        #expect(progress.next() == [5])
        progress.end(5, .done)
        #expect(progress.hasEnded)
    }

    @Test func `The second of an exchange waits for the first, and goes with it`() {
        let tenants = [
            guest(0, on: 1, cpu: 400), guest(1, on: 1, cpu: 400), guest(2, on: 2, cpu: 300), guest(3, on: 2, cpu: 100),
        ]
        let plan = planned(Inventory(now: noon, nodes: fleet(2), tenants: tenants))
        for end in [PlanProgress.State.done, .failed] {
            var progress = PlanProgress(plan, policy: Policy())
            #expect(progress.next() == [0])
            progress.end(0, end)
            #expect(progress.next() == (end == .done ? [1] : []))
            #expect(progress.states[1] == (end == .done ? .running : .skipped(.partner(plan.rows[0].tenant))))
        }
    }

    @Test func `A plan differs from another by tenants that are new, gone, or go elsewhere`() {
        let nodes = fleet(3) { if $0 == 1 { $1.state = .draining } }
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: (0..<3).map { guest($0, on: 1) }))
        var other = plan
        other.rows.removeFirst()
        other.rows[0].to = node(9)
        let difference = PlanDifference(from: plan, to: other)
        #expect(difference.removed == [plan.rows[0]])
        #expect(difference.added.isEmpty)
        #expect(difference.changed.count == 1)
        #expect(difference.description.split(separator: "\n").map(\.first) == ["-", "-", "+"])
        #expect(PlanDifference(from: plan, to: plan).isEmpty)
    }

    @Test func `A plan's end is foreseen from its rows and its pace`() {
        let nodes = fleet(4) { if $0 == 1 { $1.state = .draining } }
        let tenants = (0..<2000).map { guest($0, on: 1, bytes: 0) }
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: tenants))
        #expect(plan.rows.count == 2000)
        // Two at once; each has eight round trips for the copy and three for the pause.
        #expect(plan.forecast(Policy()) == .milliseconds(2000 / 2 * 22))
    }
}
