import Catalog
import Contract

/// `/v1/claims`: what its calls are.
enum ClaimOperations {
    private static let name: [Operation.Parameter] = [
        .init(.path, "namespace", .string(length: 1...63, pattern: "^[a-z][a-z0-9._-]*$"), "What kind of value it is."),
        .init(.path, "value", .string(length: 1...512), "Compared byte for byte; percent-encoded."),
    ]

    static let list = Operation(
        "listClaims", "GET", "/v1/claims", tag: "Claims", "Lists claims", caller: .scope("read"),
        parameters: [
            .init(.query, "tenant", ControlSchemas.key, "Of this tenant."),
            .init(.query, "namespace", .text, "In this namespace."), .limit, .cursor,
        ],
        answers: [.init(200, "One page.", .json(ControlSchemas.page(of: "Claim")))],
        failures: [.keyInvalid, .tenantNotFound])

    static let show = Operation(
        "showClaim", "GET", "/v1/claims/{namespace}/{value}", tag: "Claims", "Shows whose a value is",
        caller: .scope("read"), parameters: name, answers: [.init(200, "The claim.", .json(.named("Claim")))],
        failures: [.notFound])

    static let claim = Operation(
        "claim", "PUT", "/v1/claims/{namespace}/{value}", tag: "Claims",
        "Reserves a value for a tenant, or confirms it",
        details: """
            Reserve it; write what it stands for into the tenant with the header `Rowhouse-Claim` and its token; then \
            confirm it. A reservation that expires becomes the tenant's if the write is there, and is free otherwise: a write \
            that comes later is refused. What is repeated under an `Idempotency-Key` gives the same token again.
            """,
        caller: .scope("admin"), parameters: name, body: [.json(ClaimController.ClaimBody.schema)],
        answers: [
            .init(201, "Reserved, with the token.", .json(.named("Claim"))),
            .init(200, "Confirmed.", .json(.named("Claim"))),
        ],
        failures: [
            .keyInvalid, .tenantNotFound, .tenantDeleted, .claimTaken, .claimExpired, .claimNotWritten, .tooManyClaims,
            .moving, .tenantDamaged, .deadlineExceeded, .diskFull,
        ]
    ).once

    static let release = Operation(
        "releaseClaim", "DELETE", "/v1/claims/{namespace}/{value}", tag: "Claims", "Frees a value",
        details: "Its tenant refuses the token from then on, so that a write on its way cannot take effect any more.",
        caller: .scope("admin"),
        parameters: name + [
            .init(.query, "token", .text, "That the reservation gave; better in the header, which is in no log."),
            .init(.header, "Rowhouse-Claim", .text, "The same."),
        ],
        answers: [.init(204, "It is free.")],
        failures: [.claimTaken, .claimExpired, .tenantNotFound, .moving, .tenantDamaged, .deadlineExceeded, .diskFull])

    static let all = [list, show, claim, release]
}
