import Access
import Cluster
import NIOHTTP1
import Routing
import Vocabulary

/// What is found out about a request before its tenant is looked up: endpoint, name, who asks, how long it may take.
struct HranaAdmission: Sendable {
    let endpoint: HranaEndpoint
    let key: TenantKey?
    let credential: Credential?
    /// Where it comes from; empty where another node has let it in.
    let address: String
    /// Instead of a credential: what came on a WebSocket with a session that must be read in the catalog first.
    let unread: UnreadSession?
    /// Nanoseconds.
    let timeout: UInt64
    /// It says so itself.
    let asksForTime: Bool
    /// The answer must not be older than this.
    let bookmark: Bookmark?
    /// Under which the request is done at most once; only where that is offered.
    let idempotencyKey: String?
    /// Tokens of claims that the write carries.
    let claims: [ClaimToken]
    /// Set where another node has relayed the request: it has verified the client, and it is served or refused here.
    let stamp: RelayStamp?

    /// A request that another node of the cluster has admitted.
    ///
    /// - Throws: what the client is told.
    init(
        relayed stamp: RelayStamp, _ head: HTTPRequestHead, _ headers: RequestHeaders, _ settings: HranaSettings
    ) throws(TransportError) {
        do throws(AccessError) {
            let name = try TenantNaming.resolve(
                path: head.uri, rowhouseTenant: nil, xNamespace: nil, host: nil, domain: nil)
            endpoint = HranaEndpoint(head.method, name.path)
        } catch {
            throw TransportError(error)
        }
        // A node of another version may offer what this one does not know.
        if endpoint.isOpen { throw .pathNotFound }
        self.stamp = stamp
        key = stamp.request.key
        credential = nil
        address = ""
        unread = nil
        timeout = try Self.timeout(headers, endpoint, settings)
        asksForTime = headers.timeout != nil
        bookmark = try Self.bookmark(headers)
        idempotencyKey = try Self.idempotencyKey(headers, endpoint)
        claims = try Self.claims(headers, endpoint)
    }

    /// A request that came on a WebSocket, as far as its handshake does not say otherwise.
    init(
        _ endpoint: HranaEndpoint, _ credential: Credential?, unread: UnreadSession? = nil,
        asIn handshake: HranaAdmission
    ) {
        self.endpoint = endpoint
        self.credential = credential
        self.unread = unread
        address = handshake.address
        key = handshake.key
        timeout = handshake.timeout
        asksForTime = handshake.asksForTime
        bookmark = handshake.bookmark
        idempotencyKey = nil
        claims = []
        stamp = nil
    }

    /// - Parameter known: whose session was read for it just now.
    /// - Throws: what the client is told; `sessionUnread` where its session must be read first.
    init(
        _ head: HTTPRequestHead, _ headers: RequestHeaders, from address: String, _ settings: HranaSettings,
        as known: Credential? = nil
    ) throws(TransportError) {
        stamp = nil
        unread = nil
        self.address = address
        if headers.isAmbiguous { throw TransportError(400, "BAD_REQUEST", "A header that may come once came twice") }
        do throws(AccessError) {
            try OriginRule.evaluate(
                host: headers.host, origin: headers.origin, secFetchSite: headers.secFetchSite,
                isForwarded: headers.isForwarded, domain: settings.domain, allowedOrigins: settings.cors,
                credentialsConfigured: settings.authenticator.credentialsConfigured)
            let name = try TenantNaming.resolve(
                path: head.uri, rowhouseTenant: headers.rowhouseTenant,
                xNamespace: settings.takesNamespace ? headers.xNamespace : nil, host: headers.host,
                domain: settings.domain)
            endpoint = HranaEndpoint(head.method, name.path, asksSocket: headers.asksSocket)
            key = name.key
            if endpoint.isOpen {
                credential = nil
            } else if let known {
                credential = known
            } else {
                credential = try settings.authenticator.authenticate(
                    authorization: headers.authorization, from: address)
            }
        } catch {
            throw TransportError(error)
        }
        // Before what else is wrong with it: nothing there would be looked at.
        if case .wrongMethod(let allowed) = endpoint { throw .wrongMethod(allowed: allowed) }
        if endpoint == .unknown { throw .pathNotFound }
        timeout = try Self.timeout(headers, endpoint, settings)
        asksForTime = headers.timeout != nil
        bookmark = try Self.bookmark(headers)
        idempotencyKey = try Self.idempotencyKey(headers, endpoint)
        claims = try Self.claims(headers, endpoint)
    }

    private static func timeout(
        _ headers: RequestHeaders, _ endpoint: HranaEndpoint, _ settings: HranaSettings
    ) throws(TransportError) -> UInt64 {
        guard let text = headers.timeout else {
            return endpoint.makesCopies ? settings.longestTimeout : settings.timeout
        }
        guard let milliseconds = UInt64(text), (1...settings.longestTimeout / 1_000_000).contains(milliseconds) else {
            throw .badHeader(
                "Rowhouse-Timeout", "milliseconds between 1 and \(settings.longestTimeout / 1_000_000)")
        }
        return milliseconds * 1_000_000
    }

    private static func idempotencyKey(
        _ headers: RequestHeaders, _ endpoint: HranaEndpoint
    ) throws(TransportError) -> String? {
        guard let key = headers.idempotencyKey else { return nil }
        guard endpoint.takesIdempotencyKey else { throw .idempotencyNotPossible }
        guard IdempotencyKey.bytes.contains(key.utf8.count) else {
            throw .badHeader("Idempotency-Key", "1 to \(IdempotencyKey.bytes.upperBound) bytes long")
        }
        return key
    }

    /// Tokens that a write may carry at most.
    private static let mostClaims = 8

    /// One in each header, or several with commas between.
    private static func claims(
        _ headers: RequestHeaders, _ endpoint: HranaEndpoint
    ) throws(TransportError) -> [ClaimToken] {
        guard !headers.claims.isEmpty else { return [] }
        guard endpoint.takesIdempotencyKey else {
            throw .badHeader("Rowhouse-Claim", "left out here: a query, v1/execute, v1/batch or a pipeline carries it")
        }
        var claims: [ClaimToken] = []
        for header in headers.claims {
            for part in header.split(separator: ",", maxSplits: mostClaims, omittingEmptySubsequences: false) {
                guard let claim = ClaimToken(String(part.drop { $0 == " " }.prefix { $0 != " " })),
                    claims.count < mostClaims
                else {
                    throw .badHeader("Rowhouse-Claim", "1 to \(mostClaims) tokens, as their reservations gave them")
                }
                if !claims.contains(claim) { claims.append(claim) }
            }
        }
        return claims
    }

    private static func bookmark(_ headers: RequestHeaders) throws(TransportError) -> Bookmark? {
        guard let text = headers.bookmark else { return nil }
        guard let bookmark = Bookmark(text) else { throw .badHeader("Rowhouse-Bookmark", "one that an answer gave") }
        return bookmark
    }

    /// What the caller may do on the tenant; the same refusal whether the tenant exists or not.
    func authority(on key: TenantKey, _ route: Route?) throws(TransportError) -> Authority {
        if let stamp { return stamp.authority }
        guard let credential else { throw TransportError(.tokenMissing) }
        do throws(AccessError) {
            return try credential.authority(
                over: TenantTarget(key: key, id: route?.tenant, keyBoundAt: route?.keyBoundAt))
        } catch {
            throw TransportError(error)
        }
    }
}

/// A session that must be read before anybody knows what it allows.
struct UnreadSession: Sendable {
    let authorization: String?
    /// Whose guess it may be; nil for what the same connection was let in with before.
    let address: String?
}
