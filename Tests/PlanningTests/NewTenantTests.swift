import Planning
import Testing
import Vocabulary

@Suite struct `A new tenant's node` {
    private let small = Guest(load: perMille(cpu: 1, bytes: 1))

    @Test func `A thousand spread by room over nodes of different size`() {
        let nodes = fleet(4) { if $0 == 4 { $1.capacity = capacity + capacity } }
        var fleet = Fleet(Inventory(now: noon, nodes: nodes, tenants: []), Policy())
        var counts: [NodeID: Int] = [:]
        for number in 0..<1000 {
            guard case .node(let node) = fleet.placeNew(small, as: tenant(number), seed: 5) else { continue }
            counts[node, default: 0] += 1
        }
        #expect(counts.values.reduce(0, +) == 1000)
        #expect(counts.values.allSatisfy { $0 > 150 }, "\(counts)")
        #expect(counts[node(4)] == counts.values.max())
    }

    @Test(arguments: [10, 449, 450, 500, 700])
    func `Nodes that share a disk, and see a little more or less of it, share new tenants`(perMilleUsed: Int64) {
        let nodes = fleet(2) { $1.otherBytes = capacity.bytes * perMilleUsed / 1000 + Int64($0) * 4096 }
        var fleet = Fleet(Inventory(now: noon, nodes: nodes, tenants: []), Policy())
        var counts: [NodeID: Int] = [:]
        for number in 0..<50 {
            guard case .node(let node) = fleet.placeNew(small, as: tenant(number), seed: 5) else { continue }
            counts[node, default: 0] += 1
        }
        #expect(counts[node(1)] == 25 && counts[node(2)] == 25, "\(counts)")
    }

    @Test func `A disk that others have filled more takes less`() {
        let nodes = fleet(2) { $1.otherBytes = $0 == 1 ? capacity.bytes / 2 : capacity.bytes / 10 }
        var fleet = Fleet(Inventory(now: noon, nodes: nodes, tenants: []), Policy())
        for number in 0..<50 {
            #expect(fleet.placeNew(small, as: tenant(number), seed: 5) == .node(node(2)))
        }
    }

    @Test func `What is on its way counts`() {
        let moves = (0..<4).map {
            Inventory.Move(tenant: tenant(100 + $0), from: node(1), to: node(2), load: perMille(cpu: 100))
        }
        let tenants = (0..<4).map { guest(100 + $0, on: 1, cpu: 100) }
        var fleet = Fleet(Inventory(now: noon, nodes: fleet(2), tenants: tenants, moves: moves), Policy())
        #expect(fleet.placeNew(small, as: tenant(0), seed: 1) == .node(node(1)))
    }

    @Test func `Rules hold from the first moment, and no node says why`() {
        let nodes = fleet(2) { $1.state = $0 == 1 ? .draining : .up }
        var fleet = Fleet(Inventory(now: noon, nodes: nodes, tenants: []), Policy())
        let first = Guest(load: .zero, constraints: [.apart("a")])
        #expect(fleet.placeNew(first, as: tenant(0), seed: 1) == .node(node(2)))
        guard case .nowhere(let refusal) = fleet.placeNew(first, as: tenant(1), seed: 1) else {
            Issue.record("placed beside one of its group")
            return
        }
        #expect(
            refusal.description
                == "creation: a new tenant has no place: n1 is draining; n2 has another tenant of the group a")
    }

    @Test func `Creators with the same old numbers do not all choose the same node`() {
        let fleet = Fleet(
            Inventory(now: noon, nodes: fleet(8), tenants: (0..<7).map { guest($0, on: $0 + 1, cpu: 100) }), Policy())
        var chosen: Set<String> = []
        for number in 0..<100 {
            var own = fleet
            chosen.insert("\(own.placeNew(small, as: tenant(1000 + number), seed: 1))")
        }
        #expect(chosen.count == 8)
    }
}
