import Vocabulary

/// A token's payload, as far as it matters here. Times are seconds since 1970.
struct TokenClaims: Codable {
    struct Permission: Codable {
        var ns: [String]?
    }

    var tid: String?
    var p: [String: Permission]?
    /// libSQL's older form: one namespace and its level, `rw` where there is none.
    var id: String?
    var a: String?
    var exp: Double?
    var iat: Double?
    var nbf: Double?
    var jti: String?
    /// Of a support token: who it was made for.
    var sup: String?

    /// Which tenants, and what on each. `tid` decides, then `p`; `id` and `a` count only where there is no `p`.
    var tenants: TenantGrant.Tenants {
        if let tid {
            guard let tenant = TenantID(hex: tid), let level = highestLevel else { return .keys([:]) }
            return .one(tenant, level)
        }
        return .keys(levelsByKey)
    }

    private var highestLevel: AccessLevel? {
        guard let p else { return a.flatMap { AccessLevel(claim: $0) } }
        return p.keys.compactMap { AccessLevel(claim: $0) }.max()
    }

    private var levelsByKey: [TenantKey: AccessLevel] {
        var levels: [TenantKey: AccessLevel] = [:]
        func add(_ name: String, _ level: AccessLevel) {
            // A name that no tenant can have grants nothing.
            guard let key = try? TenantKey(name) else { return }
            levels[key] = max(levels[key] ?? level, level)
        }
        if let p {
            for (claim, permission) in p {
                guard let level = AccessLevel(claim: claim) else { continue }
                for name in permission.ns ?? [] { add(name, level) }
            }
        } else if let id, let level = AccessLevel(claim: a ?? "rw") {
            add(id, level)
        }
        return levels
    }
}

/// A token's first part. Only one algorithm is accepted, so nothing that the token says chooses how it is checked.
struct TokenHeader: Codable {
    var alg: String
    var typ: String?
    var kid: String?
    /// Extensions that must be understood: none is.
    var crit: [String]?

    static let algorithm = "EdDSA"
}
