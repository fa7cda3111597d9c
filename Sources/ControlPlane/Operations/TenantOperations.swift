import Catalog
import Contract

/// `/v1/tenants`: what its calls are.
enum TenantOperations {
    static let create = Operation(
        "createTenant", "POST", "/v1/tenants", tag: "Tenants", "Makes a tenant",
        details:
            "When it is answered, the tenant is ready and durable. What a crash cut short is finished by repeating it.",
        caller: .scope("admin"), parameters: [.dryRun], body: [.json(TenantController.CreateBody.schema)],
        answers: [
            .init(201, "The tenant.", .json(.named("Tenant")), headers: ["Location"]),
            .init(204, "With `dry-run=true`: it would have been made."),
        ],
        failures: [
            .keyInvalid, .configInvalid, .durabilityUnavailable, .tenantExists, .tenantDeleted, .keyHeld, .moving,
            .tenantDamaged, .deadlineExceeded, .diskFull,
        ])

    static let list = Operation(
        "listTenants", "GET", "/v1/tenants", tag: "Tenants", "Lists tenants", caller: .scope("read"),
        parameters: [
            .init(.query, "prefix", .text, "Keys that begin with this."),
            .init(.query, "label", .text, "Tenants with this label, as `name:value`."),
            .init(
                .query, "state", .choice(TenantRow.State.allCases.filter { $0 != .purging }.map(\.rawValue)),
                "Tenants in this state."),
            .init(
                .query, "sort", .choice(TenantOrder.allCases.map(\.rawValue)),
                "By key, the largest first, or the last written to first, as nodes last reported."),
            .limit, .cursor,
        ],
        answers: [.init(200, "One page.", .json(ControlSchemas.page(of: "Tenant")))])

    static let show = Operation(
        "showTenant", "GET", "/v1/tenants/{key}", tag: "Tenants", "Shows a tenant", caller: .scope("read"),
        parameters: [.key], answers: [.init(200, "The tenant.", .json(.named("Tenant")))],
        failures: [.keyInvalid, .tenantNotFound])

    static let patch = Operation(
        "changeTenant", "PATCH", "/v1/tenants/{key}", tag: "Tenants", "Changes what an operator may set",
        details: "All of it or nothing. Labels are merged, and null takes one away.",
        caller: .scope("admin"), parameters: [.key, .dryRun], body: [.json(TenantPatchBody.schema)],
        isBodyRequired: false,
        answers: [.init(200, "The tenant as it is now, or would be.", .json(.named("Tenant")))],
        failures: [.keyInvalid, .tenantNotFound, .tenantExists, .tenantDeleted, .keyHeld, .versionConflict])

    static let delete = Operation(
        "deleteTenant", "DELETE", "/v1/tenants/{key}", tag: "Tenants", "Deletes a tenant",
        details: "It is not served any more, and can be brought back until `tenants.recovery` has passed.",
        caller: .scope("admin"),
        parameters: [.key, .init(.query, "purge", .boolean, "Remove it for good, at once.")],
        answers: [
            .init(202, "The tenant, deleted.", .json(.named("Tenant"))),
            .init(204, "With `purge=true`: it is gone."),
        ],
        failures: [
            .keyInvalid, .tenantNotFound, .versionConflict, .moveInProgress, .moving, .tenantDamaged,
            .deadlineExceeded, .diskFull,
        ])

    static let undelete = Operation(
        "undeleteTenant", "POST", "/v1/tenants/{key}/undelete", tag: "Tenants", "Brings a deleted tenant back",
        caller: .scope("admin"), parameters: [.key],
        answers: [.init(200, "The tenant.", .json(.named("Tenant")))],
        failures: [.keyInvalid, .tenantNotFound, .tenantDeleted])

    static let createToken = Operation(
        "createToken", "POST", "/v1/tenants/{key}/tokens", tag: "Tenants", "Makes a token for one tenant",
        details: "An Ed25519 JWT as libSQL's clients send it. It is shown this once.",
        caller: .scope("admin"), parameters: [.key], body: [.json(TenantController.TokenBody.schema)],
        isBodyRequired: false,
        answers: [
            .init(
                201, "The token.",
                .json(.object([.init("id", .text), .init("token", .text), .init("expiresAt", .time)])))
        ],
        failures: [.keyInvalid, .tenantNotFound, .tenantDeleted])

    static let revokeToken = Operation(
        "revokeToken", "DELETE", "/v1/tenants/{key}/tokens/{id}", tag: "Tenants", "Takes a token back",
        details: "This node refuses it at once, the others within their polling interval.",
        caller: .scope("admin"), parameters: [.key, .init(.path, "id", .string(length: 1...200), "The token's id.")],
        answers: [.init(204, "It is revoked.")], failures: [.keyInvalid, .tenantNotFound, .notFound])

    static let all = [create, list, show, patch, delete, undelete, createToken, revokeToken]
}
