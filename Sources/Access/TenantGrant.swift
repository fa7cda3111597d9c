package import Vocabulary

/// What a verified tenant token allows.
package struct TenantGrant: Hashable, Sendable {
    package enum Tenants: Hashable, Sendable {
        /// Our own tokens: the id decides, whatever the tenant is called now.
        case one(TenantID, AccessLevel)
        /// libSQL's tokens: by key. Empty for a token that claims nothing, which therefore grants nothing.
        case keys([TenantKey: AccessLevel])
    }

    package let tenants: Tenants
    /// The token's `jti`, by which it can be revoked; nil where it has none.
    package let tokenID: String?
    /// Whole seconds.
    package let issuedAt: WallTime
    /// nil: never. A leeway of 60 s is granted on top, but not to support tokens: their time is in the audit log.
    package let expiresAt: WallTime?
    package let principal: Principal
    /// Whose support token it is: its uses are written down under this name.
    package let supporter: String?
    /// `principal.number`, computed once.
    package let principalNumber: UInt64

    init(
        tenants: Tenants, tokenID: String?, issuedAt: WallTime, expiresAt: WallTime?, principal: Principal,
        supporter: String? = nil
    ) {
        self.supporter = supporter
        self.tenants = tenants
        self.tokenID = tokenID
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.principal = principal
        principalNumber = principal.number
    }

    /// What the token allows on that tenant; nil for nothing, whether the tenant exists or not.
    ///
    /// A token that names its tenants by key must not be older than the key's binding to this tenant: after a rename or a
    /// purge the key may be somebody else's. An id is never reused, so a token with one need not be asked.
    package func level(on target: TenantTarget) -> AccessLevel? {
        switch tenants {
        case .one(let id, let level): return target.id == id ? level : nil
        case .keys(let levels):
            guard let level = levels[target.key] else { return nil }
            // The token's time has seconds only: one that was made in the second of the binding is good.
            if let bound = target.keyBoundAt, issuedAt.milliseconds / 1000 < bound.milliseconds / 1000 { return nil }
            return level
        }
    }

    package var soleTenant: SoleTenant? {
        switch tenants {
        case .one(let id, _): .id(id)
        case .keys(let levels): levels.count == 1 ? levels.keys.first.map { .key($0) } : nil
        }
    }

    func hasExpired(at now: WallTime) -> Bool {
        guard let expiresAt else { return false }
        let leeway = supporter == nil ? TokenRules.leeway : 0
        return now.milliseconds - leeway >= expiresAt.milliseconds
    }
}
