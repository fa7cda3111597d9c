import Contract
import HTTPTypes
package import Hummingbird
package import Seams

/// What answers while the node recovers: probes, and 503 `recovering` for everything else.
package struct EarlyControlPlane: Sendable {
    private let status: NodeStatus
    private let version: VersionObject
    private let random: any RandomSource

    package init(status: NodeStatus, version: VersionObject, random: any RandomSource) {
        self.status = status
        self.version = version
        self.random = random
    }

    package func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorMiddleware(random: random))
        ProbeController(status: status, version: version, metrics: { "" }).registerOpen(on: router)
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
            router.on("**", method: method) { _, _ -> Response in
                throw APIError(.recovering, "the node is starting; see /readyz", retryAfter: 1)
            }
        }
        return router
    }
}
