import Contract
package import Hummingbird

/// `/v1/moves` on a node that stands alone: says why nothing can be moved.
package struct LoneMoveController: Sendable {
    package init() {}

    package func register(on group: RouterGroup<ControlContext>) {
        for operation in MoveOperations.all { group.on(operation, do: refuse) }
    }

    @Sendable private func refuse(_ request: Request, _ context: ControlContext) async throws -> Response {
        throw APIError(
            .nodeAlone,
            "this node stands alone, so nothing moves; with cluster.key-file it and others become a cluster")
    }
}
