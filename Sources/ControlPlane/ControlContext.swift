import Access
package import Hummingbird
import HummingbirdCore
package import NIOCore

/// What one control-plane request carries along: who asks, and the id under which the log knows it.
package struct ControlContext: RequestContext, RemoteAddressRequestContext {
    package var coreContext: CoreRequestContextStorage
    package var requestID = ""
    var credential: Credential?
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
}
