import Planning
import Testing
import Vocabulary

@Suite struct `What is more urgent than balance` {
    @Test func `Tenants of a fenced node go where somebody has their log, the most used first`() {
        let nodes = fleet(3) { if $0 == 1 { $1.state = .fenced } }
        let tenants = (0..<5).map { guest($0, on: 1, cpu: 10 + $0) }
        var policy = generous
        let waiting = planned(Inventory(now: noon, nodes: nodes, tenants: tenants), policy)
        #expect(waiting.isEmpty)
        #expect(
            waiting.refusals.map(\.description) == [
                "failover: n1: 5 tenants wait until it is back: there is no off-machine log of them"
            ])
        policy.takesOver = true
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: tenants), policy)
        #expect(plan.rows.map(\.tenant) == [4, 3, 2, 1, 0].map(tenant))
        #expect(plan.rows.allSatisfy { $0.purpose == .failover })
    }

    @Test func `A failover waits for no rest`() {
        let nodes = fleet(2) { if $0 == 1 { $1.state = .fenced } }
        var resting = guest(0, on: 1)
        resting.trail = .init(moved: noon, from: node(2))
        var policy = generous
        policy.takesOver = true
        #expect(planned(Inventory(now: noon, nodes: nodes, tenants: [resting]), policy).rows.count == 1)
    }

    @Test func `Rules that are broken are mended, and what cannot be mended is said`() {
        let nodes = fleet(3) {
            $1.zone = $0 == 3 ? "west" : "east"
            $1.labels = $0 == 2 ? ["disk": "fast"] : [:]
        }
        let tenants = [
            guest(0, on: 1, [.label(name: "disk", value: "fast")]), guest(1, on: 1, [.zones(["west"])]),
            guest(2, on: 1, [.forbid(node(1)), .zones(["east"])]), guest(3, on: 1, [.apart("a")]),
            guest(4, on: 1, [.apart("a")]), guest(5, on: 1, [.zones(["north"])]),
        ]
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: tenants))
        #expect(plan.rows.allSatisfy { $0.purpose == .violation })
        #expect(plan.rows.map(\.tenant) == [0, 1, 2, 4].map(tenant))
        #expect(plan.rows.prefix(3).map(\.to) == [2, 3, 2].map(node))
        #expect(plan.rows[0].reason.description == "violation: its node has disk=(none), the tenant wants disk=fast")
        #expect(
            plan.refusals.map(\.description) == [
                "violation: 0000000000000105 stays on n1: n2 is in zone east, the tenant wants north (and 1 more of this kind)"
            ])
    }

    @Test func `A full disk sheds with few moves until it is calm`() {
        let nodes = fleet(3) { if $0 == 1 { $1.otherBytes = capacity.bytes / 10 } }
        let tenants = [400, 200, 150, 90, 10].enumerated().map { guest($0, on: 1, bytes: $1) }
        var policy = generous
        policy.balance.isOn = false
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: tenants), policy)
        #expect(plan.rows.map(\.tenant) == [tenant(2)])
        #expect(plan.rows.first?.reason.description == "disk: its node's is 95.0 % full, urgent above 92.5 %")
    }

    @Test func `A full disk that cannot be helped is said`() {
        let plan = planned(Inventory(now: noon, nodes: fleet(2), tenants: [guest(0, on: 1, bytes: 930)]))
        #expect(plan.isEmpty)
        #expect(plan.refusals.first?.description == "disk: n1: disk stays 93.0 % full, limit 92.5 %")
    }

    @Test func `A pinned tenant goes to its node, in no other's place`() {
        let tenants = [guest(0, on: 1, [.pin(node(3))]), guest(1, on: 2, [.pin(node(2))])]
        let plan = planned(Inventory(now: noon, nodes: fleet(3), tenants: tenants))
        #expect(plan.rows.map(\.to) == [node(3)])
        #expect(plan.rows.map(\.reason) == [.pinned])
    }

    @Test func `One that is to be alone gets an empty node`() {
        let tenants = (0..<6).map { guest($0, on: $0 % 2 + 1, $0 == 3 ? [.alone] : []) }
        let plan = planned(Inventory(now: noon, nodes: fleet(3), tenants: tenants))
        #expect(plan.rows.map(\.tenant) == [tenant(3)])
        #expect(plan.rows.map(\.to) == [node(3)])
        #expect(plan.rows.map(\.reason) == [.alone(others: 2)])
    }

    @Test func `Where no node is empty the others make room`() {
        let tenants = (0..<6).map { guest($0, on: $0 % 2 + 1, $0 == 3 ? [.alone] : []) }
        let plan = planned(Inventory(now: noon, nodes: fleet(2), tenants: tenants))
        #expect(plan.rows.map(\.tenant) == [tenant(1), tenant(5)])
        #expect(plan.rows.map(\.to) == [node(1), node(1)])
        #expect(plan.rows.allSatisfy { $0.reason == .makesRoom(tenant(3)) })
    }

    @Test func `A resting tenant says until when`() {
        let nodes = fleet(2) { if $0 == 1 { $1.state = .draining } }
        var moved = guest(0, on: 1)
        moved.trail = .init(moved: noon, from: node(2))
        var failing = guest(1, on: 1)
        failing.trail = .init(failures: 3, failed: noon)
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: [moved, failing]))
        #expect(plan.isEmpty)
        let later = [15, 60].map { noon.milliseconds + Int64($0) * 60_000 }
        #expect(
            plan.refusals.map(\.why) == [
                .cooling(until: WallTime(milliseconds: later[0]), failures: 0),
                .cooling(until: WallTime(milliseconds: later[1]), failures: 3),
            ])
    }

    @Test func `A tenant whose writes outrun any copy is not moved`() {
        var policy = generous
        policy.prediction.rate = perMille(writes: 100)[.writes]
        let nodes = fleet(2) { if $0 == 1 { $1.state = .draining } }
        let plan = planned(Inventory(now: noon, nodes: nodes, tenants: [guest(0, on: 1, writes: 200)]), policy)
        #expect(plan.isEmpty)
        #expect(
            plan.refusals.map(\.description) == [
                "drain: 0000000000000100 stays on n1: n2 a copy at 10.0 MiB/s never catches up with 20.0 MiB/s of writes"
            ])
    }
}
