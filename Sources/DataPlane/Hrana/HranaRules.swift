import Access
import Cluster
import Hrana
import NIOCore
package import NIOHTTP1

/// Which requests on the port are the data plane's, and how refusals look there.
package struct HranaRules: DoorRules {
    private let domain: String?
    private let takesRelayed: Bool

    /// - Parameter takesRelayed: the node has a cluster key, so that internal headers can be genuine.
    package init(domain: String?, takesRelayed: Bool) {
        self.domain = domain
        self.takesRelayed = takesRelayed
    }

    package func classify(_ head: HTTPRequestHead) -> DoorVerdict {
        guard isDataPlane(head) else { return .tail }
        if !takesRelayed, head.headers.contains(where: { InternalHeaders.contains($0.name) }) {
            return .refuse(
                .rule(status: 400, code: "bad_request", message: "Internal headers are not taken from outside."))
        }
        return .dataPlane()
    }

    /// On a tenant's host name only its data plane is served; a body tells what is missing there.
    private func isDataPlane(_ head: HTTPRequestHead) -> Bool {
        let uri = head.uri
        if uri.hasPrefix("/t/") || uri.hasPrefix("//t/") || HranaEndpoint.isBare(uri) { return true }
        guard let domain, let host = head.headers.first(name: "host") else { return false }
        if uri.hasPrefix(InternalPaths.root) { return false }
        let name = try? TenantNaming.resolve(
            path: "/", rowhouseTenant: nil, xNamespace: nil, host: host, domain: domain)
        return name?.isByHost ?? true
    }

    package func body(of refusal: DoorRefusal, for head: HTTPRequestHead?) -> RefusalBody {
        guard let head, isDataPlane(head) else {
            return RefusalBody(contentType: "application/json", bytes: ByteBuffer(string: refusal.json))
        }
        var writer = JSONWriter()
        writer.transportError(message: refusal.message, code: refusal.code.uppercased())
        return RefusalBody(contentType: "application/json", bytes: ByteBuffer(bytes: writer.bytes.bytes))
    }
}
