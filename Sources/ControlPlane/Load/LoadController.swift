import Balancing
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Planning
import Seams
import Vocabulary

/// `/v1/load`: what nodes and their busiest tenants use now.
struct LoadController: Sendable {
    let store: CatalogStore
    let time: any TimeSource

    func register(on group: RouterGroup<ControlContext>) {
        group.on(LoadOperations.show, do: show)
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try ListQuery(request, for: LoadOperations.show)
        let limit = try query.limit()
        guard let order = LoadOrder(rawValue: query["by"] ?? LoadOrder.cpu.rawValue) else {
            throw APIError.badRequest("by is cpu, writes, bytes or memory")
        }
        let counts = try await PlacementRows(store).counts()
        var reports: [NodeID: NodeReport] = [:]
        for row in try await NodeReportRows(store).list() { reports[row.node] = NodeReport(row.report) }
        let nodes = try await NodeRows(store).list()
        let now = time.wall()
        return try JSONText.response(
            .ok,
            LoadObject(
                nodes: nodes.map { NodeObject($0, tenants: counts[$0.id] ?? 0, reports[$0.id], at: now) },
                tenants: try await busiest(Array(reports.values), by: order, limit)))
    }

    private func busiest(
        _ reports: [NodeReport], by order: LoadOrder, _ limit: Int
    ) async throws -> [TenantLoadObject] {
        // One that has just moved is in two reports.
        let loads = Dictionary(reports.flatMap { $0.tenants.map { ($0.id, $0) } }) { first, _ in first }
        let dimension = order.dimension
        let chosen = loads.values.sorted { ($0.fast[dimension], $1.id) > ($1.fast[dimension], $0.id) }.prefix(limit)
        var known: [TenantID: FleetRows.Tenant] = [:]
        for tenant in try await FleetRows(store).tenants(chosen.map(\.id)) { known[tenant.placement.tenant] = tenant }
        return chosen.compactMap { load in
            known[load.id].map { TenantLoadObject(key: $0.key, node: $0.placement.owner, load: load) }
        }
    }
}

/// By what tenants are called busy.
enum LoadOrder: String, CaseIterable {
    case cpu
    case writes
    case bytes
    case memory

    var dimension: Dimension {
        switch self {
        case .cpu: .cpu
        case .writes: .writes
        case .bytes: .bytes
        case .memory: .memory
        }
    }
}
