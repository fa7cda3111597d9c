import Catalog
import Foundation
import Movers
import Rebalancing
import Seams
import Tenants
import Testing
import Vocabulary

/// Every fault at every step. A step is one call to the catalog or to the other node; the count ends where a run has no
/// such step any more.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ROWHOUSE_SWEEP"] != nil), .serialized) struct MoveFaultTests {
    @Test(arguments: [Faults.Fault.loseRequest, .loseAnswer, .duplicate, .delay], Way.allCases)
    func `a call that is lost, repeated or late does no harm`(fault: Faults.Fault, way: Way) async throws {
        try await everyStep(fault, way) { cluster, n1, n2 in }
    }

    @Test(arguments: ["n1", "n2"], Way.allCases)
    func `a node that dies at any step comes back and the move ends`(victim: String, way: Way) async throws {
        for fault in [Faults.Fault.crashBefore(victim), .crashAfter(victim)] {
            try await everyStep(fault, way) { cluster, n1, n2 in
                // The other one has the time to see it go.
                try await sleeping(30_000_000)
                for node in [n1, n2] where node.current == nil { try await node.start() }
            }
        }
    }

    /// The source's doubt lasts longer than it repeats anything; the target's delays its opening.
    @Test(arguments: ["n1", "n2"], [true, false])
    func `a node that is cut from the catalog at any step waits, and the move ends`(
        node: String, answersOnly: Bool
    ) async throws {
        for way in Way.allCases {
            try await everyStep(.cut(node, answersOnly: answersOnly), way) { cluster, n1, n2 in }
        }
    }

    private func everyStep(
        _ fault: Faults.Fault, _ way: Way,
        _ mend: @escaping @Sendable (Cluster, Node, Node) async throws -> Void
    ) async throws {
        var step = 0
        var ends: [String: Int] = [:]
        while true {
            let (wasReached, end) = try await run(fault, way, at: step, mend)
            note("\(fault) \(way) \(step) \(wasReached) \(end)")
            guard wasReached else { break }
            ends[end, default: 0] += 1
            step += 1
        }
        #expect(step > 5, "\(fault): \(step) steps")
        note("\(fault) \(way): \(step) steps, \(ends.sorted { $0.key < $1.key })")
    }

    /// - Returns: whether the run had such a step, and how its move ended.
    private func run(
        _ fault: Faults.Fault, _ way: Way, at step: Int, _ mend: @Sendable (Cluster, Node, Node) async throws -> Void
    ) async throws -> (Bool, String) {
        var result = (false, "")
        try await Cluster.run(budgets: way.budgets) { cluster, n1, n2 in
            let row = try await cluster.make("acme", on: n1)
            let log = Log()
            var end = "not begun"
            try await Load(Client(cluster: cluster, row: row, log: log), writers: 3, readers: 1).during {
                cluster.faults.arm(fault, at: step)
                let move = try? await n1.current?.desk.begin(MoveRequest(tenant: row.id, target: n2.id))
                if let move { await settle(cluster, move, n1, n2) }
                result.0 = cluster.faults.steps.count > step
                cluster.faults.disarm()
                try await mend(cluster, n1, n2)
                try await quiet(cluster, row.id, isHelped: !fault.isCrash)
                if let move { end = try await MoveRows(cluster.store).find(move)?.state.rawValue ?? "gone" }
            }
            let faults = try await cluster.verify(row, log)
            #expect(faults == [], "\(fault) at step \(step) of \(cluster.faults.steps)")
            let copies = [n1, n2].filter { $0.current!.engine.facts(of: row.id) != nil }
            #expect(copies.count == 1, "\(fault) at step \(step): \(copies.map(\.id)) hold a copy")
            result.1 = end
        }
        return result
    }

    /// Until the move has ended, or one of its nodes has died.
    private func settle(_ cluster: Cluster, _ move: String, _ n1: Node, _ n2: Node) async {
        for _ in 0..<6000 {
            if n1.current == nil || n2.current == nil { return }
            let row = try? await MoveRows(cluster.store).find(move)
            if let row, row.state == .done || row.state == .aborted, n1.current?.desk.isAt(move) != true { return }
            try? await sleeping(2_000_000)
        }
    }

    /// The row is stable, and stays so.
    ///
    /// - Parameter isHelped: a prepare may come so late that nobody is at it; whoever asks for a move next ends it. After a
    ///   crash the start alone must do it.
    private func quiet(_ cluster: Cluster, _ tenant: TenantID, isHelped: Bool) async throws {
        var seen = 0
        for _ in 0..<4000 {
            let row = try await cluster.placement(tenant)
            if row.state == .moving, isHelped {
                // A prepare that came late: the next move of its owner ends it.
                let owner = cluster.node(row.owner).current
                let other = row.owner.name == "n1" ? NodeID("n2")! : NodeID("n1")!
                _ = try? await owner?.desk.begin(MoveRequest(tenant: tenant, target: other))
            }
            seen = row.state == .stable ? seen + 1 : 0
            if seen > 40 { return }
            try await sleeping(5_000_000)
        }
        throw Failure("the row never settled: \(try await cluster.placement(tenant))")
    }
}
