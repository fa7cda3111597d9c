/// Who may talk to the node.
package struct AccessSettings: Sendable, Equatable {
    /// Without any, the node answers on loopback only.
    package var adminTokens: [AdminTokenSetting] = []
    /// Whose `X-Forwarded-For` counts.
    package var trustedProxies: [AddressRange] = []
    /// How long a support token lives at most.
    package var supportTime = Duration.seconds(8 * 3600)
}

/// The log of who changed what.
package struct AuditSettings: Sendable, Equatable {
    package var keep = Duration.seconds(400 * 86_400)
}

/// One operator's token, known by its hash only.
package struct AdminTokenSetting: Sendable, Equatable {
    package enum Scope: String, Sendable, Equatable, CaseIterable {
        case admin
        case `operator`
        case read
    }

    package var name: String
    /// 64 lower-case hexadecimal digits: SHA-256 of the token's text.
    package var sha256: String
    package var scopes: [Scope]

    package static let nameRule = "1 to 63 of a-z, A-Z, 0-9, '.', '_' and '-'"

    package static func isName(_ text: String) -> Bool { SettingForm<String>.isName(text) }

    package init(name: String, sha256: String, scopes: [Scope]) {
        self.name = name
        self.sha256 = sha256
        self.scopes = scopes
    }
}

/// Which web pages' scripts may call the node.
package struct CORSSettings: Sendable, Equatable {
    package var origins: [HTTPOrigin] = []
}

/// What is kept for older clients.
package struct CompatibilitySettings: Sendable, Equatable {
    /// Whether the header `x-namespace` names a tenant, as it does for sqld.
    package var namespaceHeader = true
}
