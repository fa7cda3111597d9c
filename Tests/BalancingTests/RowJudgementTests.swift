import Balancing
import Testing
import Vocabulary

@testable import Planning

struct RowJudgementTests {
    private static let nodes = (1...3).map { NodeID("n\($0)")! }
    private static let tenant = TenantID(1000)

    private static let row = PlanRow(
        tenant: tenant, version: 5, from: nodes[0], to: nodes[1], reason: .drain, round: 0, bytes: 1, duration: .zero,
        pause: .zero, gain: 0)

    private static func placement(
        _ owner: Int, version: UInt64, movingTo target: Int? = nil, by move: String? = nil
    ) -> Placement {
        Placement(
            tenant: tenant, owner: nodes[owner - 1], epoch: Epoch(1), version: version,
            state: target == nil ? .stable : .moving, target: target.map { nodes[$0 - 1] }, move: move)
    }

    @Test func `by the placement alone it is told what is to be done`() {
        let judge = { RowJudgement(Self.row, $0) }
        #expect(judge(Self.placement(1, version: 5)) == .begin)
        #expect(judge(Self.placement(1, version: 6, movingTo: 2, by: "mv-1")) == .follow("mv-1"))
        #expect(judge(Self.placement(2, version: 8)) == .done)
        #expect(judge(nil) == .skip(.gone))
        #expect(judge(Self.placement(1, version: 6, movingTo: 3, by: "mv-2")) == .skip(.moving(to: Self.nodes[2])))
        #expect(judge(Self.placement(3, version: 8)) == .skip(.version(planned: 5, found: 8)))
        // Given up: whoever wants it still plans anew.
        #expect(judge(Self.placement(1, version: 7)) == .skip(.version(planned: 5, found: 7)))
    }
}
