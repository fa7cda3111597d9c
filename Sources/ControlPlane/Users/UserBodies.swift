import Catalog
import Contract
import Vocabulary

/// The body of `POST /v1/users`.
struct UserBody: RequestBody {
    enum CodingKeys: String, CodingKey, CaseIterable { case email, password, tenant, role }
    static let schema = Schema.object(
        [
            .init("email", .text), .optional("password", .text, "8 characters to 1,024 bytes."),
            .optional("tenant", .named("TenantKey"), "Of which it is a member from the start."),
            .optional("role", UserObject.role, "`rw` where it is not said."),
        ], isStrict: true)

    let email: String
    let password: String?
    let tenant: String?
    let role: String?
}

/// The body of `PATCH /v1/users/{id}`.
struct UserPatchBody: RequestBody {
    enum CodingKeys: String, CodingKey, CaseIterable { case email, password, state, endSessions }
    static let schema = Schema.object(
        [
            .optional("email", .text), .optional("password", .orNull(.text), "null takes it away."),
            .optional("state", .choice(UserRow.State.allCases.map(\.rawValue)), "Disabling ends the sessions."),
            .optional("endSessions", .boolean, "Where it is not said, a changed password ends the sessions."),
        ], isStrict: true)

    let email: String?
    /// `.some(nil)` for null, which takes the password away.
    let password: String??
    let state: String?
    let endSessions: Bool?

    init(from decoder: any Decoder) throws {
        let body = try decoder.container(keyedBy: CodingKeys.self)
        email = try body.decodeIfPresent(String.self, forKey: .email)
        password = body.contains(.password) ? .some(try body.decode(String?.self, forKey: .password)) : nil
        state = try body.decodeIfPresent(String.self, forKey: .state)
        endSessions = try body.decodeIfPresent(Bool.self, forKey: .endSessions)
    }
}

/// The body of `PUT /v1/users/{id}/memberships/{key}`.
struct MembershipBody: RequestBody {
    enum CodingKeys: String, CodingKey, CaseIterable { case role }
    static let schema = Schema.object([.init("role", UserObject.role)], isStrict: true)

    let role: String
}

/// The body of `POST /v1/sessions`.
struct SessionBody: RequestBody {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case email, password, user, tenant, role, device, expiresIn, sliding
    }
    static let schema = Schema.object(
        [
            .optional("email", .text, "With the password."), .optional("password", .text),
            .optional("user", .text, "Instead of both: the user's id."),
            .optional("tenant", .named("TenantKey"), "The one tenant that it is for."),
            .optional("role", UserObject.role, "What it may do at most."),
            .optional("device", .string(length: 0...200), "What people know the device by."),
            .optional("expiresIn", .string(pattern: "^[1-9][0-9]{0,8}[smhd]$"), "Such as `24h`."),
            .optional("sliding", .boolean, "Whether use puts its end off; as is usual here where it is not said."),
        ], isStrict: true)

    let email: String?
    let password: String?
    let user: String?
    let tenant: String?
    let role: String?
    let device: String?
    let expiresIn: String?
    let sliding: Bool?
}

/// The body of `POST /v1/signups`.
struct SignUpBody: RequestBody {
    struct Tenant: RequestBody {
        enum CodingKeys: String, CodingKey, CaseIterable { case key, schema }
        static let schema = Schema.object(
            [
                .init("key", .named("TenantKey")),
                .optional("schema", .text, "One of the configured schemas; by the key where it is not said."),
            ], isStrict: true)

        let key: String
        let schema: String?
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case email, password, tenant, device }
    static let schema = Schema.object(
        [
            .init("email", .text), .optional("password", .text, "8 characters to 1,024 bytes."),
            .init("tenant", Tenant.schema), .optional("device", .string(length: 0...200)),
        ], isStrict: true)

    let email: String
    let password: String?
    let tenant: Tenant
    let device: String?
}
