/// What an admin token may do; each scope implies those after it.
package enum AdminScope: String, CaseIterable, Sendable {
    /// Everything, tenants' data included.
    case admin
    /// Nodes, moves, plans, rebalancing; no tenant's data.
    case `operator`
    /// Looks at the control plane and at metrics; changes nothing.
    case read
}

package struct AdminScopes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package init(_ scopes: some Sequence<AdminScope>) {
        self = []
        for scope in scopes { insert(Self.of(scope)) }
    }

    package func allow(_ scope: AdminScope) -> Bool { !isDisjoint(with: Self.implying(scope)) }

    private static func of(_ scope: AdminScope) -> AdminScopes {
        switch scope {
        case .admin: AdminScopes(rawValue: 1)
        case .operator: AdminScopes(rawValue: 2)
        case .read: AdminScopes(rawValue: 4)
        }
    }

    private static func implying(_ scope: AdminScope) -> AdminScopes {
        switch scope {
        case .admin: of(.admin)
        case .operator: [of(.admin), of(.operator)]
        case .read: [of(.admin), of(.operator), of(.read)]
        }
    }
}
