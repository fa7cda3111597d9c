import Vocabulary

/// Who a request comes from, and what that allows.
package struct Credential: Sendable {
    package let principal: Principal
    /// `principal.number`.
    package let number: UInt64
    /// What a tenant token grants; nil for the others.
    package let grant: TenantGrant?
    /// What a user's session grants; nil for the others.
    package let session: SessionGrant?

    package static let anonymousLocal = Credential(principal: .anonymousLocal)

    init(principal: Principal) {
        self.principal = principal
        number = principal.number
        grant = nil
        session = nil
    }

    init(grant: TenantGrant) {
        principal = grant.principal
        number = grant.principalNumber
        self.grant = grant
        session = nil
    }

    init(session: SessionGrant) {
        principal = session.principal
        number = session.principalNumber
        grant = nil
        self.session = session
    }

    /// What it may do on a tenant; the same answer whether the tenant exists or not.
    ///
    /// - Throws: `forbidden`.
    package func authority(over target: TenantTarget) throws(AccessError) -> Authority {
        switch principal {
        case .anonymousLocal: return Authority(principal: number, level: .ddl)
        case .admin(_, let scopes):
            guard scopes.allow(.admin) else { throw .forbidden }
            return Authority(principal: number, level: .ddl)
        case .tenantToken:
            guard let level = grant?.level(on: target) else { throw .forbidden }
            return Authority(principal: number, level: level)
        case .session:
            guard let level = session?.level(on: target) else { throw .forbidden }
            return Authority(principal: number, level: level)
        }
    }

    /// - Throws: `forbidden`.
    package func require(_ scope: AdminScope) throws(AccessError) {
        switch principal {
        case .anonymousLocal: return
        case .admin(_, let scopes): if !scopes.allow(scope) { throw .forbidden }
        case .tenantToken, .session: throw .forbidden
        }
    }

    /// The tenant that it names, for a request that names none.
    ///
    /// - Throws: `tenantRequired` if it names none or several.
    package func soleTenant() throws(AccessError) -> SoleTenant {
        if let session {
            guard let sole = session.sole else { throw .tenantRequired }
            return .id(sole.tenant)
        }
        guard let tenant = grant?.soleTenant else { throw .tenantRequired }
        return tenant
    }
}
