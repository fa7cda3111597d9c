import Access
import HTTPTypes
package import Hummingbird

/// `/v1/moves` on a node that stands alone: says why nothing can be moved.
package struct LoneMoveController: Sendable {
    package init() {}

    package func register(on group: RouterGroup<ControlContext>) {
        for method in [HTTPRequest.Method.get, .post] { group.on("", method: method, use: refuse) }
        for method in [HTTPRequest.Method.get, .delete] { group.on(":id", method: method, use: refuse) }
    }

    @Sendable private func refuse(_ request: Request, _ context: ControlContext) async throws -> Response {
        try context.require(.read)
        throw APIError(
            .conflict, "node_alone",
            "this node stands alone, so nothing moves; with cluster.key-file it and others become a cluster")
    }
}
