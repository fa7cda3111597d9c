import Cluster
import Contract
import HTTPTypes
package import Seams
package import Vocabulary

/// The control plane's calls to other nodes.
package struct InternalCalls: Peers {
    private let transport: any PeerTransport

    package init(transport: any PeerTransport) { self.transport = transport }

    package func finishCreating(_ tenant: TenantID, at address: String) async throws(PeerFailure) {
        try await post(address, InternalPaths.finishCreating(tenant.description))
    }

    package func purge(_ tenant: TenantID, at address: String) async throws(PeerFailure) {
        // The file may be large, and the journal is waited for.
        try await post(address, InternalPaths.purge(tenant.description), timeout: .seconds(30))
    }

    private func post(
        _ address: String, _ path: String, timeout: Duration = .seconds(10)
    ) async throws(PeerFailure) {
        _ = try await transport.post(address, path: InternalAuthor.handing(on: path), timeout: timeout)
    }
}

extension ErrorTable {
    /// What a call to another node came to, as the client of this one sees it.
    package static func api(_ failure: PeerFailure) -> APIError {
        switch failure {
        case .unreachable:
            APIError(.busy, "the tenant's node cannot be reached; try again", retryAfter: 2)
        case .outcomeUnknown, .tooLarge:
            APIError(
                .outcomeUnknown,
                "the tenant's node did not answer in time: look before you repeat it")
        case .refused(421, _, _):
            APIError(
                .moving, "the tenant has just moved to another node; try again", retryAfter: 1)
        case .refused(404, let code, _) where code == "not_found" || code.isEmpty:
            APIError(
                .busy,
                "the tenant's node does not take this one's calls: compare the cluster keys and the clocks",
                retryAfter: 30)
        case .refused(let status, let code, let message) where !code.isEmpty && (400..<600).contains(status):
            APIError(
                FailureCode(status, code), message, retryAfter: status == 503 ? 1 : nil)
        case .refused:
            APIError(.busy, "the tenant's node refused without a reason", retryAfter: 2)
        }
    }
}
