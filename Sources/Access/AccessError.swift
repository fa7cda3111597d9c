/// Why a request is not let in. Each case is one stable code of the HTTP API; the door turns it into a status.
///
/// The texts go to the caller, so they never say which token, key or tenant exists.
package enum AccessError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No credential where one is needed.
    case tokenMissing
    /// Malformed, unknown, forged, revoked or not yet valid: deliberately one case.
    case tokenInvalid
    case tokenExpired
    /// The credential is good, but not for this.
    case forbidden
    case originRefused(OriginRefusal)
    /// Neither the request nor its credential names one tenant.
    case tenantRequired
    /// The request names two tenants.
    case tenantConflict
    case keyInvalid(KeyFault)
    /// The credential is a session's that must be read in the catalog first: `Authenticator.readSession`. Not for clients.
    case sessionUnread
    /// Whether the session is good cannot be found out now.
    case catalogUnavailable
    /// Too many failures from there; whole seconds, at least 1.
    case rateLimited(retryAfterSeconds: Int)

    /// What a client may rely on.
    package var code: String {
        switch self {
        case .tokenMissing: "token_missing"
        case .tokenInvalid: "token_invalid"
        case .tokenExpired: "token_expired"
        case .forbidden: "forbidden"
        case .originRefused: "origin_refused"
        case .tenantRequired: "tenant_required"
        case .tenantConflict: "tenant_conflict"
        case .keyInvalid: "key_invalid"
        case .sessionUnread, .catalogUnavailable: "catalog_unavailable"
        case .rateLimited: "rate_limited"
        }
    }

    /// What happened and what to do.
    package var description: String {
        switch self {
        case .tokenMissing: "this needs a token; send it as Authorization: Bearer <token>"
        case .tokenInvalid: "the token is not valid here; ask for a new one"
        case .tokenExpired: "the token has expired; ask for a new one"
        case .forbidden: "the token does not allow this"
        case .originRefused(let reason): reason.description
        case .tenantRequired:
            "which tenant? name it in the path (/t/{key}/…) or in the header Rowhouse-Tenant"
        case .tenantConflict: "path, headers and host name different tenants; name one"
        case .keyInvalid(let fault): fault.description
        case .sessionUnread, .catalogUnavailable: "sessions cannot be looked up now; try again shortly"
        case .rateLimited(let seconds): "too many failed attempts; try again in \(seconds) s"
        }
    }
}

/// What is wrong with a tenant's name in a request.
package enum KeyFault: Error, Equatable, Sendable, CustomStringConvertible {
    case empty
    case tooLong
    case dots
    case control
    /// A `%` that is not followed by two hexadecimal digits.
    case escape
    case notUTF8
    /// Under the domain, but not lower-case letters, digits, `-`, `_` in labels joined by dots.
    case hostLabel

    package var description: String {
        switch self {
        case .empty: "a tenant key cannot be empty"
        case .tooLong: "a tenant key has at most 128 bytes"
        case .dots: "a tenant key cannot be \".\" or \"..\""
        case .control: "a tenant key cannot contain control characters"
        case .escape: "a percent sign in a tenant key must be followed by two hexadecimal digits"
        case .notUTF8: "a tenant key must be UTF-8"
        case .hostLabel:
            "a tenant key in a host name has lower-case letters, digits, '-' and '_' only; use the path instead"
        }
    }
}
