import Planning
import Testing
import Vocabulary

@testable import Balancing
@testable import Catalog

struct FleetDraftTests {
    private static let nodes = ["n1", "n2"].compactMap(NodeID.init)

    private static func report(_ tenants: [UInt64], others: Int64) -> NodeReport {
        let loads = tenants.map { NodeReport.Tenant(id: TenantID($0), slow: Load(bytes: 100), fast: Load(bytes: 100)) }
        let all = Load(bytes: others + 100 * Int64(tenants.count))
        return NodeReport(capacity: Load(bytes: 10_000), slow: all, fast: all, tenants: loads)
    }

    private static func tenant(_ id: UInt64, on node: NodeID) throws -> FleetRows.Tenant {
        FleetRows.Tenant(
            key: try TenantKey("t\(id)"), schema: "default", pin: nil, isIsolated: false, bytes: 100,
            placement: Placement(tenant: TenantID(id), owner: node, epoch: .first, version: 1))
    }

    @Test func `a tenant that has just moved counts where it is, though its former owner still reports it`() throws {
        let rows = Self.nodes.map { id in
            NodeRow(
                id: id, incarnation: 1, beat: 1, state: .up, address: "", zone: "", labels: [:], stopsAtDeadline: false,
                format: 1, protocolVersion: 1, registered: WallTime(milliseconds: 0), holdsCatalog: false)
        }
        var draft = FleetDraft(
            nodes: rows,
            reports: [
                Self.nodes[0]: Self.report([1000, 1001], others: 50), Self.nodes[1]: Self.report([], others: 70),
            ],
            counts: [Self.nodes[0]: 1, Self.nodes[1]: 2], rules: .none, now: WallTime(milliseconds: 0))
        draft.add(
            [try Self.tenant(1000, on: Self.nodes[0]), try Self.tenant(1001, on: Self.nodes[1])], trails: Trails([]))
        #expect(draft.inventory.nodes.map(\.rest.bytes) == [50, 70])
        #expect(draft.inventory.nodes.map(\.restCount) == [0, 1])
        #expect(draft.inventory.tenants.map(\.load.bytes) == [100, 100])
    }
}
