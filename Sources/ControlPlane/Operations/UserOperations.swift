import Catalog
import Contract

/// `/v1/users`: what its calls are.
enum UserOperations {
    private static let tag = "Users"
    private static let id = Operation.Parameter(.path, "id", .string(length: 1...64), "The user's id.")
    private static let user = Operation.Content.json(.named("User"))

    static let create = Operation(
        "createUser", "POST", "/v1/users", tag: tag, "Makes a user",
        details: "Its email is nobody else's from then on. Of any number of calls with one email exactly one wins.",
        caller: .scope("admin"), parameters: [.dryRun], body: [.json(UserBody.schema)],
        answers: [
            .init(201, "The user.", user, headers: ["Location"]),
            .init(204, "With `dry-run=true`: it would have been made."),
        ],
        failures: [
            .emailInvalid, .passwordInvalid, .emailTaken, .emailPending, .keyInvalid, .tenantNotFound, .tenantDeleted,
            .rateLimited,
        ])

    static let list = Operation(
        "listUsers", "GET", "/v1/users", tag: tag, "Lists users", caller: .scope("operator"),
        parameters: [
            .init(.query, "email", .text, "The user with this email, with its memberships."),
            .init(.query, "tenant", .text, "Members of this tenant."),
            .init(.query, "state", .choice(UserRow.State.allCases.map(\.rawValue)), "Users in this state."),
            .limit, .cursor,
        ],
        answers: [.init(200, "One page.", .json(ControlSchemas.page(of: "User")))],
        failures: [.emailInvalid, .keyInvalid, .tenantNotFound])

    static let show = Operation(
        "showUser", "GET", "/v1/users/{id}", tag: tag, "Shows a user", caller: .scope("operator"), parameters: [id],
        answers: [.init(200, "The user.", user)], failures: [.notFound])

    static let patch = Operation(
        "changeUser", "PATCH", "/v1/users/{id}", tag: tag, "Changes a user",
        details: "All of it or nothing. Another email is taken and the old one free in the same moment.",
        caller: .scope("admin"), parameters: [id, .dryRun], body: [.json(UserPatchBody.schema)], isBodyRequired: false,
        answers: [.init(200, "The user as it is now, or would be.", user)],
        failures: [
            .emailInvalid, .passwordInvalid, .emailTaken, .emailPending, .notFound, .versionConflict, .rateLimited,
        ])

    static let delete = Operation(
        "deleteUser", "DELETE", "/v1/users/{id}", tag: tag, "Deletes a user",
        details: "With all that is held about it. Its sessions end and its email is free in the same moment.",
        caller: .scope("admin"), parameters: [id, .dryRun], answers: [.init(204, "It is gone.")],
        failures: [.notFound, .versionConflict])

    static let putMembership = Operation(
        "putMembership", "PUT", "/v1/users/{id}/memberships/{key}", tag: tag, "Makes a user a member of a tenant",
        details: "Or gives it another role there.", caller: .scope("admin"), parameters: [id, .key, .dryRun],
        body: [.json(MembershipBody.schema)], answers: [.init(200, "The membership.", .json(UserObject.member))],
        failures: [.keyInvalid, .tenantNotFound, .tenantDeleted, .notFound, .tooManyMemberships])

    static let deleteMembership = Operation(
        "deleteMembership", "DELETE", "/v1/users/{id}/memberships/{key}", tag: tag, "Ends a membership",
        caller: .scope("admin"), parameters: [id, .key, .dryRun], answers: [.init(204, "It is ended.")],
        failures: [.keyInvalid, .tenantNotFound, .notFound])

    static let listSessions = Operation(
        "listSessions", "GET", "/v1/users/{id}/sessions", tag: tag, "Lists a user's sessions",
        caller: .scope("operator"), parameters: [id, .limit, .cursor],
        answers: [.init(200, "One page, the oldest first.", .json(ControlSchemas.page(of: "Session")))],
        failures: [.notFound])

    static let endSessions = Operation(
        "endSessions", "DELETE", "/v1/users/{id}/sessions", tag: tag, "Ends all sessions of a user",
        details: "This node refuses them at once, the others within `sessions.revocation-bound`.",
        caller: .scope("admin"), parameters: [id, .dryRun],
        answers: [.init(200, "How many.", .json(.object([.init("ended", .integer())])))], failures: [.notFound])

    static let export = Operation(
        "exportUser", "GET", "/v1/users/{id}/export", tag: tag, "Shows all that is held about a user",
        details: "Besides what its tenants hold.", caller: .scope("admin"), parameters: [id],
        answers: [.init(200, "All of it.", .json(UserExport.schema))], failures: [.notFound])

    static let all = [
        create, list, show, patch, delete, putMembership, deleteMembership, listSessions, endSessions, export,
    ]
}
