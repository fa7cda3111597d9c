import Access
import NIOHTTP1

/// The headers that matter here, found in one pass.
struct RequestHeaders: Sendable {
    private(set) var authorization: String?
    private(set) var rowhouseTenant: String?
    private(set) var xNamespace: String?
    private(set) var host: String?
    private(set) var origin: String?
    private(set) var secFetchSite: String?
    private(set) var timeout: String?
    private(set) var bookmark: String?
    private(set) var asksPreflight = false
    private(set) var asksSocket = false
    private(set) var idempotencyKey: String?
    /// Of `Rowhouse-Claim`, in order.
    private(set) var claims: [String] = []
    private(set) var isForwarded = false
    /// Of `X-Forwarded-For`, in order.
    private(set) var forwardedFor: [String] = []
    /// One that decides who asks, or about what, came twice: readers could disagree which counts.
    private(set) var isAmbiguous = false

    init(_ head: HTTPRequestHead) {
        for (name, value) in head.headers { take(name, value) }
    }

    private mutating func take(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 4 where name.isHeader("host"): host = value
        case 6 where name.isHeader("origin"): origin = value
        case 7 where name.isHeader("upgrade"): asksSocket = asksSocket || SocketHandshake.isAsked(by: value)
        case 9 where name.isHeader("forwarded"): isForwarded = true
        case 11 where name.isHeader("x-namespace"): Self.once(&xNamespace, value, &isAmbiguous)
        case 13 where name.isHeader("authorization"): Self.once(&authorization, value, &isAmbiguous)
        case 14 where name.isHeader("sec-fetch-site"): secFetchSite = value
        case 14 where name.isHeader("rowhouse-claim"): claims.append(value)
        case 15 where name.isHeader("rowhouse-tenant"): Self.once(&rowhouseTenant, value, &isAmbiguous)
        case 15 where name.isHeader("idempotency-key"): Self.once(&idempotencyKey, value, &isAmbiguous)
        case 16 where name.isHeader("rowhouse-timeout"): Self.once(&timeout, value, &isAmbiguous)
        case 17 where name.isHeader("rowhouse-bookmark"): Self.once(&bookmark, value, &isAmbiguous)
        case 29 where name.isHeader("access-control-request-method"): asksPreflight = true
        case let count where count > 12 && OriginRule.tellsOfProxy(name.lowercased()):
            isForwarded = true
            if count == 15, name.isHeader("x-forwarded-for") { forwardedFor.append(value) }
        default: break
        }
    }

    private static func once(_ header: inout String?, _ value: String, _ isAmbiguous: inout Bool) {
        if header != nil { isAmbiguous = true }
        header = value
    }
}
