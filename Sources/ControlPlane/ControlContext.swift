import Access
import Catalog
package import Hummingbird
import HummingbirdCore
package import NIOCore

/// What one control-plane request carries along: who asks, and the id under which the log knows it.
package struct ControlContext: RequestContext, RemoteAddressRequestContext {
    package var coreContext: CoreRequestContextStorage
    package var requestID = ""
    var credential: Credential?
    /// For requests that are done once; nil where none are.
    var once: RequestOnce?
    /// Where the caller is, for rate limits and the log.
    var origin = "local"
    package let remoteAddress: SocketAddress?

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    /// - Throws: `forbidden` where the caller's scopes do not include this one.
    func require(_ scope: AdminScope) throws(APIError) {
        guard let credential else { throw ErrorTable.api(.tokenMissing) }
        do throws(AccessError) { try credential.require(scope) } catch { throw ErrorTable.api(error) }
    }

    /// Does what may change something, in its author's name, and once where the request has a key.
    ///
    /// - Parameter takesKey: false where the call sees to its `Idempotency-Key` itself.
    func acting(
        _ request: Request, as action: String, takesKey: Bool, _ body: @Sendable (Request) async throws -> Response
    ) async throws -> Response {
        let actor = credential?.principal.description ?? "nobody"
        let author = AuditAuthor(
            actor: actor, origin: origin, request: requestID, action: action, subject: request.uri.path)
        return try await AuditAuthor.$current.withValue(author) {
            // Whoever nobody knows shares a name with all the others: no key is theirs.
            guard takesKey, credential != nil, let once else { return try await body(request) }
            return try await once.run(request, by: actor, requestID: requestID, body)
        }
    }
}
