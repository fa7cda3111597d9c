import Access
import Balancing
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Seams
import Vocabulary

/// `/v1/nodes`: who is there, and who is to be emptied.
struct NodeController: Sendable {
    let nodes: NodeRows
    let placements: PlacementRows
    let reports: NodeReportRows
    let time: any TimeSource

    func register(on group: RouterGroup<ControlContext>) {
        group.on(NodeOperations.list, do: list)
        group.on(NodeOperations.show, do: show)
        group.on(NodeOperations.drain, do: drain)
        group.on(NodeOperations.undrain, do: undrain)
    }

    @Sendable func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        // All of them are one page, however long.
        _ = try ListQuery(request, for: NodeOperations.list).limit()
        let counts = try await placements.counts()
        let now = time.wall()
        var reports: [NodeID: NodeReport] = [:]
        for row in try await self.reports.list() { reports[row.node] = NodeReport(row.report) }
        let items = try await nodes.list().map {
            NodeObject($0, tenants: counts[$0.id] ?? 0, reports[$0.id], at: now)
        }
        return try JSONText.response(.ok, PageObject(items: items, next: nil))
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try Self.id(context)
        guard let row = try await nodes.find(id) else { throw Self.notFound }
        return try await answer(.ok, row)
    }

    @Sendable func drain(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try Self.id(context)
        let isRehearsal = try ListQuery(request, for: NodeOperations.drain).flag("dry-run")
        guard isRehearsal else { return try await changed(try await nodes.drain(id, at: time.wall()), id) }
        guard let row = try await nodes.find(id) else { throw Self.notFound }
        if row.holdsCatalog { throw Self.holdsCatalog(id) }
        return try await answer(.ok, row)
    }

    @Sendable func undrain(_ request: Request, _ context: ControlContext) async throws -> Response {
        let id = try Self.id(context)
        return try await changed(try await nodes.undrain(id, at: time.wall()), id)
    }

    private func changed(_ outcome: NodeRows.DrainOutcome, _ id: NodeID) async throws -> Response {
        switch outcome {
        case .done(let row): return try await answer(.accepted, row)
        case .notFound: throw Self.notFound
        case .holdsCatalog: throw Self.holdsCatalog(id)
        }
    }

    private func answer(_ status: HTTPResponse.Status, _ row: NodeRow) async throws -> Response {
        let tenants = try await placements.counts()[row.id] ?? 0
        let report = try await reports.find(row.id).flatMap { NodeReport($0.report) }
        return try JSONText.response(status, NodeObject(row, tenants: tenants, report, at: time.wall()))
    }

    private static func id(_ context: ControlContext) throws -> NodeID {
        guard let id = NodeID(try context.parameters.require("id")) else { throw notFound }
        return id
    }

    private static var notFound: APIError { APIError.notFound("there is no such node; see GET /v1/nodes") }

    private static func holdsCatalog(_ id: NodeID) -> APIError {
        APIError(
            .holdsCatalog,
            "the catalog is in \(id)'s data directory, so it cannot be emptied: move it to PostgreSQL first "
                + "(`rowhouse catalog copy`)")
    }
}
