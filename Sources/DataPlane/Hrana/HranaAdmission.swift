import Access
import NIOHTTP1
import Routing
import Vocabulary

/// What is found out about a request before its tenant is looked up: endpoint, name, who asks, how long it may take.
struct HranaAdmission: Sendable {
    let endpoint: HranaEndpoint
    let key: TenantKey?
    let credential: Credential?
    /// Nanoseconds.
    let timeout: UInt64

    /// - Throws: what the client is told.
    init(_ head: HTTPRequestHead, from address: String, _ settings: HranaSettings) throws(TransportError) {
        let headers = head.headers
        do throws(AccessError) {
            try Self.judgeOrigin(headers, settings)
            let name = try TenantNaming.resolve(
                path: head.uri, rowhouseTenant: headers.first(name: "rowhouse-tenant"),
                xNamespace: settings.takesNamespace ? headers.first(name: "x-namespace") : nil,
                host: headers.first(name: "host"), domain: settings.domain)
            endpoint = HranaEndpoint(head.method, name.path)
            key = name.key
            if endpoint == .probe || endpoint == .preflight || endpoint == .unknown {
                credential = nil
            } else {
                credential = try settings.authenticator.authenticate(
                    authorization: headers.first(name: "authorization"), from: address)
            }
        } catch {
            throw TransportError(error)
        }
        timeout = try Self.timeout(headers, settings)
        if headers.contains(name: "idempotency-key") { throw .idempotencyNotPossible }
        if headers.contains(name: "rowhouse-claim") {
            throw .badHeader("Rowhouse-Claim", "left out: claims are not offered by this version")
        }
    }

    private static func judgeOrigin(_ headers: HTTPHeaders, _ settings: HranaSettings) throws(AccessError) {
        guard !settings.authenticator.credentialsConfigured else { return }
        try OriginRule.evaluate(
            host: headers.first(name: "host"), origin: headers.first(name: "origin"),
            secFetchSite: headers.first(name: "sec-fetch-site"),
            isForwarded: headers.contains { OriginRule.tellsOfProxy($0.name.lowercased()) }, domain: settings.domain,
            allowedOrigins: settings.cors, credentialsConfigured: false)
    }

    private static func timeout(_ headers: HTTPHeaders, _ settings: HranaSettings) throws(TransportError) -> UInt64 {
        guard let text = headers.first(name: "rowhouse-timeout") else { return settings.timeout }
        guard let milliseconds = UInt64(text), (1...settings.longestTimeout / 1_000_000).contains(milliseconds) else {
            throw .badHeader(
                "Rowhouse-Timeout", "milliseconds between 1 and \(settings.longestTimeout / 1_000_000)")
        }
        return milliseconds * 1_000_000
    }

    /// What the caller may do on the tenant; the same refusal whether the tenant exists or not.
    func authority(on key: TenantKey, _ route: Route?) throws(TransportError) -> Authority {
        guard let credential else { throw TransportError(.tokenMissing) }
        do throws(AccessError) {
            return try credential.authority(
                over: TenantTarget(key: key, id: route?.tenant, keyBoundAt: route?.keyBoundAt))
        } catch {
            throw TransportError(error)
        }
    }
}
