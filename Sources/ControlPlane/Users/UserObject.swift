import Catalog
import Contract
import Vocabulary

/// A user as the API shows it.
struct UserObject: Encodable {
    struct Member: Encodable {
        let tenant: String
        let role: String
    }

    let id: String
    let email: String
    let state: String
    let hasPassword: Bool
    let createdAt: String
    let changedAt: String
    /// Left out in lists.
    let memberships: [Member]?

    init(_ row: UserRow, _ memberships: [MembershipRow]) {
        self.init(row, memberships.map { Member(tenant: $0.key.string, role: $0.role.rawValue) })
    }

    init(_ row: UserRow, _ memberships: [Member]?) {
        id = row.id.description
        email = row.email.given
        state = row.state.rawValue
        hasPassword = row.password != nil
        createdAt = TimeText.rfc3339(row.created)
        changedAt = TimeText.rfc3339(row.changed)
        self.memberships = memberships
    }

    static let member = Schema.object([.init("tenant", .named("TenantKey")), .init("role", role)])
    static let role = Schema.choice(MemberRole.allCases.map(\.rawValue))
    static let schema = Schema.object([
        .init("id", .text), .init("email", .text, "As it was given: where mail goes."),
        .init("state", .choice(UserRow.State.allCases.map(\.rawValue))), .init("hasPassword", .boolean),
        .init("createdAt", .time), .init("changedAt", .time),
        .optional("memberships", .list(member), "Not in lists."),
    ])
}

/// A session as the API shows it: never its token.
struct SessionObject: Encodable {
    let id: String
    let user: String
    let tenant: String?
    let role: String?
    let device: String
    let origin: String
    let state: String
    let createdAt: String
    let usedAt: String
    let expiresAt: String
    let endsAt: String
    /// Only where it is begun.
    var token: String?

    /// - Parameter key: of the one tenant that it is for.
    init(_ row: SessionRow, tenant key: TenantKey?, at now: WallTime, token: String? = nil) {
        id = row.publicID
        user = row.user.description
        tenant = key?.string ?? row.tenant?.description
        role = row.role?.rawValue
        device = row.device
        origin = row.origin
        state = row.isLive(at: now) ? "live" : row.revoked == nil ? "expired" : "revoked"
        createdAt = TimeText.rfc3339(row.created)
        usedAt = TimeText.rfc3339(row.slid)
        expiresAt = TimeText.rfc3339(row.expires)
        endsAt = TimeText.rfc3339(row.ends)
        self.token = token
    }

    enum CodingKeys: String, CodingKey {
        case id, user, tenant, role, device, origin, state, createdAt, usedAt, expiresAt, endsAt, token
    }

    /// Absent values are null, not missing, except for the token.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(user, forKey: .user)
        try container.encode(tenant, forKey: .tenant)
        try container.encode(role, forKey: .role)
        try container.encode(device, forKey: .device)
        try container.encode(origin, forKey: .origin)
        try container.encode(state, forKey: .state)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(usedAt, forKey: .usedAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(endsAt, forKey: .endsAt)
        try container.encodeIfPresent(token, forKey: .token)
    }

    static let schema = Schema.object([
        .init("id", .text), .init("user", .text),
        .init("tenant", .orNull(.text), "The key of the one tenant that it is for; null: all of the user's."),
        .init("role", .orNull(UserObject.role), "What it may do at most."), .init("device", .text),
        .init("origin", .text, "Where it was begun."),
        .init("state", .choice(["live", "expired", "revoked"])), .init("createdAt", .time),
        .init("usedAt", .time, "When use last put its end off."), .init("expiresAt", .time),
        .init("endsAt", .time, "Beyond this it does not live whatever is done with it."),
        .optional("token", .text, "Only where it is begun, this once."),
    ])
}
