import Access
import HTTPTypes
import Hummingbird

/// `/healthz`, `/readyz`, `/version`, `/metrics`.
struct ProbeController: Sendable {
    let status: NodeStatus
    let version: VersionObject
    let metrics: @Sendable () -> String

    func registerOpen(on router: Router<ControlContext>) {
        router.on(ProbeOperations.health) { _, _ in try JSONText.response(.ok, ["status": "alive"]) }
        router.on(ProbeOperations.readiness) { _, _ in try readiness() }
    }

    func registerGuarded(on group: RouterGroup<ControlContext>) {
        group.on(ProbeOperations.version) { _, _ in try JSONText.response(.ok, version) }
        group.on(ProbeOperations.metrics) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: .init(string: metrics())))
        }
    }

    private struct Readiness: Encodable {
        let status: String
        let progress: Double?
    }

    private func readiness() throws -> Response {
        switch status.phase {
        case .ready: try JSONText.response(.ok, Readiness(status: "ready", progress: nil))
        case .recovering(let progress):
            try JSONText.response(.serviceUnavailable, Readiness(status: "recovering", progress: progress))
        case .stopping: try JSONText.response(.serviceUnavailable, Readiness(status: "stopping", progress: nil))
        }
    }
}

/// What `/version` says.
package struct VersionObject: Encodable, Sendable {
    let version: String
    let sqlite: String
    let `protocol`: Int
    let format: Int

    package init(version: String, sqlite: String, protocol: Int, format: Int) {
        self.version = version
        self.sqlite = sqlite
        self.protocol = `protocol`
        self.format = format
    }
}
