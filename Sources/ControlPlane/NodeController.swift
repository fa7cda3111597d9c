import Access
import Catalog
import Hummingbird
import Vocabulary

/// `/v1/nodes`: who is there.
struct NodeController: Sendable {
    let nodes: NodeRows
    let placements: PlacementRows

    func register(on group: RouterGroup<ControlContext>) {
        group.on(NodeOperations.list, do: list)
        group.on(NodeOperations.show, do: show)
    }

    private struct NodeObject: Encodable {
        let id: String
        let state: String
        let address: String
        let zone: String
        let labels: [String: String]
        let incarnation: UInt64
        let tenants: Int
    }

    @Sendable func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        // All of them are one page, however long.
        _ = try ListQuery(request, for: NodeOperations.list).limit()
        let counts = try await placements.counts()
        let items = try await nodes.list().map { object($0, counts) }
        return try JSONText.response(.ok, PageObject(items: items, next: nil))
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        guard let id = NodeID(try context.parameters.require("id")), let row = try await nodes.find(id) else {
            throw APIError.notFound("there is no such node; see GET /v1/nodes")
        }
        return try JSONText.response(.ok, object(row, try await placements.counts()))
    }

    private func object(_ row: NodeRow, _ counts: [NodeID: Int]) -> NodeObject {
        NodeObject(
            id: row.id.name, state: row.state.rawValue, address: row.address, zone: row.zone, labels: row.labels,
            incarnation: row.incarnation, tenants: counts[row.id] ?? 0)
    }
}
