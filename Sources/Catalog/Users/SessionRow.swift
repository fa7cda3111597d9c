package import Vocabulary

/// A session as the catalog knows it. The token is nowhere, only its SHA-256.
package struct SessionRow: Equatable, Sendable {
    /// For people and lists; worth nothing as a credential.
    package var id: UInt64
    package var digest: [UInt8]
    package var user: UserID
    /// The one tenant that it is for; nil: all that the user is a member of.
    package var tenant: TenantID?
    /// What it may do at most, whatever the membership says.
    package var role: MemberRole?
    package var device: String
    /// Where it was begun.
    package var origin: String
    package var created: WallTime
    /// When use last put its end off.
    package var slid: WallTime
    /// Milliseconds by which use puts its end off; nil: it ends when it ends.
    package var idle: Int64?
    package var expires: WallTime
    /// Beyond this it does not live whatever is done with it.
    package var ends: WallTime
    package var revoked: WallTime?

    /// Sixteen hexadecimal digits.
    package var publicID: String { TenantID(id).description }

    package func isLive(at now: WallTime) -> Bool { revoked == nil && now < expires }

    static let columns = """
        s.id, s.digest, s.user_id, s.tenant, s.role, s.device, s.origin, s.created, s.slid, s.idle, s.expires, s.ends, \
        s.revoked
        """

    init(from reader: inout RowReader) throws(CatalogError) {
        id = try reader.bits()
        digest = try reader.blob()
        user = try reader.user()
        tenant = try reader.integerOrNull().map { TenantID(UInt64(bitPattern: $0)) }
        // A word that nobody knows is a cap all the same, and not to be taken for none.
        role = try reader.wordOrNull(MemberRole.self)
        device = try reader.text()
        origin = try reader.text()
        created = try reader.time()
        slid = try reader.time()
        idle = try reader.integerOrNull()
        expires = try reader.time()
        ends = try reader.time()
        revoked = try reader.timeOrNull()
    }

    static func all(_ result: CatalogRows) throws(CatalogError) -> [SessionRow] {
        var rows: [SessionRow] = []
        for row in result.rows {
            var reader = RowReader("sessions", row)
            rows.append(try SessionRow(from: &reader))
        }
        return rows
    }
}

/// What a new session is to be.
package struct NewSession: Equatable, Sendable {
    package var digest: [UInt8]
    package var tenant: TenantID?
    package var role: MemberRole?
    package var device: String
    package var origin: String
    /// Milliseconds by which use puts its end off; nil: it does not.
    package var idle: Int64?
    /// Milliseconds that it lives at most.
    package var lifetime: Int64

    /// - Parameter digest: SHA-256 of the token.
    package init(
        digest: [UInt8], tenant: TenantID? = nil, role: MemberRole? = nil, device: String = "", origin: String = "",
        idle: Int64? = nil, lifetime: Int64
    ) {
        self.digest = digest
        self.tenant = tenant
        self.role = role
        self.device = device
        self.origin = origin
        self.idle = idle
        self.lifetime = lifetime
    }
}
