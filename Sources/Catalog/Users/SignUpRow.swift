package import Vocabulary

/// A sign-up under way, or one that ended a short while ago.
package struct SignUpRow: Equatable, Sendable {
    package enum State: String, Sendable {
        /// Its email and its tenant's key are taken, and nobody sees either yet.
        case open
        case done
    }

    /// Its claim's.
    package var token: [UInt8]
    package var state: State
    /// The email in its normal form.
    package var normal: String
    package var user: UserID
    package var tenant: TenantID
    /// SHA-256 of what the caller asked for, the password left out.
    package var request: [UInt8]
    /// The hash that the user will have; only while it is open.
    package var password: String?
    /// When the sweeper takes an open one back, or forgets one that is done.
    package var expires: WallTime

    static let columns = "g.token, g.state, g.normal, g.user_id, g.tenant, g.request, g.password, g.expires"

    static func all(_ result: CatalogRows) throws(CatalogError) -> [SignUpRow] {
        var rows: [SignUpRow] = []
        for row in result.rows {
            var reader = RowReader("signups", row)
            rows.append(
                SignUpRow(
                    token: try reader.blob(), state: try reader.word(State.self), normal: try reader.text(),
                    user: try reader.user(), tenant: try reader.tenant(), request: try reader.blob(),
                    password: try reader.textOrNull(), expires: try reader.time()))
        }
        return rows
    }
}

/// What a sign-up asks for.
package struct NewSignUp: Equatable, Sendable {
    package var email: CatalogEmail
    package var password: String?
    package var tenant: NewTenant
    /// SHA-256 of the key under which the caller may ask again.
    package var repeatKey: [UInt8]?
    /// SHA-256 of what is asked for, the password left out.
    package var request: [UInt8]

    package init(
        email: CatalogEmail, password: String?, tenant: NewTenant, repeatKey: [UInt8]?, request: [UInt8]
    ) {
        self.email = email
        self.password = password
        self.tenant = tenant
        self.repeatKey = repeatKey
        self.request = request
    }
}
