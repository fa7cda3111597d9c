package import Access
import Cluster
import Hrana
package import Membership
package import Seams
package import Tenants
package import Vocabulary

/// What the data plane is made of.
package struct HranaSettings: Sendable {
    package var engine: TenantEngine
    package var directory: any TenantDirectory
    package var relay: (any Relay)?
    /// Tells relayed requests from clients' own; nil where the node has no cluster key.
    package var relayed: RelayAdmission?
    package var authenticator: Authenticator
    package var context: HranaContext
    package var right: ServingRight
    package var time: any TimeSource
    package var random: any RandomSource
    /// Tells claims' tokens from made-up ones; without it none is taken.
    package var claimSeal: ClaimSeal?
    package var cors = CORSRule.none
    /// Whose word counts on where requests come from.
    package var proxies = TrustedProxies.none
    package var domain: String?
    /// Whether `x-namespace` names a tenant.
    package var takesNamespace = true
    /// Nanoseconds that a request has where it says nothing, and at most.
    package var timeout: UInt64 = 30_000_000_000
    package var longestTimeout: UInt64 = 300_000_000_000
    /// Bounds of one WebSocket's conversation.
    package var socket = SocketLimits()
    var snapshots = SnapshotShelf.Bounds()
    /// Gives a tenant's replicas a number for what they begin with: even, and larger than any that it ever had anywhere.
    package var replicaGenerations: @Sendable (TenantID) async throws(TransportError) -> UInt32 = {
        _ throws(TransportError) in throw .catalogUnavailable
    }
    /// Files that may come in at once, one for each tenant.
    package var uploads = 8
    /// Makes a tenant, as `POST /v1/tenants` does, for an upload to a key that nobody has, and says whether it
    /// did or somebody else just had; nil where none can be made.
    package var create: (@Sendable (TenantKey, RequestAuthor) async throws(TransportError) -> Bool)?
    /// Removes a tenant that was made so, where the upload has come to nothing and nobody has used it.
    package var takeBack: (@Sendable (TenantID) async -> Void)?
    /// Requests that may wait for the catalog at once, or be handed a snapshot to make.
    package var pendingLookUps = 1_024

    package init(
        engine: TenantEngine, directory: any TenantDirectory, authenticator: Authenticator, context: HranaContext,
        right: ServingRight, time: any TimeSource, random: any RandomSource
    ) {
        self.engine = engine
        self.directory = directory
        self.authenticator = authenticator
        self.context = context
        self.right = right
        self.time = time
        self.random = random
    }
}
