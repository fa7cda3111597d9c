/// Who asks.
package enum Principal: Hashable, Sendable, CustomStringConvertible {
    /// Anyone, on a server that has no credentials and listens on loopback only.
    case anonymousLocal
    case admin(name: String, scopes: AdminScopes)
    /// The bearer of a tenant token: its `jti`, or, where it has none, a digest of the token.
    case tenantToken(id: String)
    /// A user, in one of its sessions; both as sixteen hexadecimal digits.
    case session(id: String, user: String)

    /// A number for this principal: the same on every node and after every restart, and different principals differ but
    /// for a chance of 2⁻⁶⁴. It binds batons to whom they were given.
    package var number: UInt64 {
        switch self {
        case .anonymousLocal: 0
        case .admin(let name, _): Digests.number(of: "admin:" + name)
        case .tenantToken(let id): Digests.number(of: "token:" + id)
        case .session(let id, _): Digests.number(of: "session:" + id)
        }
    }

    /// For the audit log.
    package var description: String {
        switch self {
        case .anonymousLocal: "local"
        case .admin(let name, _): "admin:" + name
        case .tenantToken(let id): "token:" + id
        case .session(let id, let user): "user:" + user + "/session:" + id
        }
    }
}
