import Access
import Cluster
import Hrana
import NIOCore
package import NIOHTTP1

/// Which requests on the port are the data plane's, and how refusals look there.
package struct HranaRules: DoorRules {
    private let domain: String?
    private let takesRelayed: Bool
    private let uploadLimit: Int

    /// - Parameter takesRelayed: the node has a cluster key, so that internal headers can be genuine.
    /// - Parameter uploadLimit: bytes of a file that is to become a tenant.
    package init(domain: String?, takesRelayed: Bool, uploadLimit: Int = 16 << 30) {
        self.domain = domain
        self.uploadLimit = uploadLimit
        self.takesRelayed = takesRelayed
    }

    package func classify(_ head: HTTPRequestHead) -> DoorVerdict {
        let isOurs = isDataPlane(head)
        // Those of nodes' own calls are judged where these are served; to everybody else there is nothing.
        let mayBeGenuine = isOurs ? takesRelayed : head.uri.hasPrefix(InternalPaths.root)
        if !mayBeGenuine, head.headers.contains(where: { InternalHeaders.contains($0.name) }) {
            return .refuse(
                .rule(status: 400, code: "bad_request", message: "Internal headers are not taken from outside."))
        }
        guard isOurs else { return .tail }
        let isUpload = head.method == .PUT && HranaEndpoint.isSnapshot(head.uri)
        return isUpload ? .upload(bodyLimit: uploadLimit) : .dataPlane()
    }

    /// All under `/t/{key}`, all but nodes' own calls on a tenant's host name (a body tells what is missing there), and the
    /// protocol's own paths, whose tenant a header or the token names. Headers do not count here: a mistake in one makes a
    /// control-plane path no tenant's.
    private func isDataPlane(_ head: HTTPRequestHead) -> Bool {
        do throws(AccessError) {
            let name = try TenantNaming.resolve(
                path: head.uri, rowhouseTenant: nil, xNamespace: nil, host: head.headers.first(name: "host"),
                domain: domain)
            if name.isByPath { return true }
            if head.uri.hasPrefix(InternalPaths.root) { return false }
            return name.isByHost || HranaEndpoint.isBare(name.path)
                || name.path.isEmpty && SocketHandshake.isAsked(by: head)
        } catch {
            // A bad key in path or host name is a tenant's all the same, and is answered as such.
            return true
        }
    }

    package func body(of refusal: DoorRefusal, for head: HTTPRequestHead?, id: RequestNumber) -> RefusalBody {
        guard let head, isDataPlane(head), !HranaEndpoint.answersPlainly(head.uri) else {
            return .control(refusal, id)
        }
        var writer = JSONWriter()
        writer.transportError(message: refusal.message, code: refusal.code.uppercased())
        return RefusalBody(contentType: "application/json", bytes: ByteBuffer(bytes: writer.bytes.bytes))
    }
}
