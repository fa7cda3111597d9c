import Contract

/// `/v1/signups`: what its call is.
enum SignUpOperations {
    static let create = Operation(
        "signUp", "POST", "/v1/signups", tag: "Sign-ups", "Makes a user, its tenant, and a session, all at once",
        details: """
            All of it or nothing, whatever dies in between: until it is answered nobody sees any of it. Repeated with the \
            same `Idempotency-Key` it finishes what was begun; for a day one that is done is answered again, with another \
            session. An admin token is needed, except where `users.open-sign-up` is set: then anybody may, with a password, for \
            the schemas of `users.sign-up-schemas` and keys like `users.sign-up-keys`.
            """,
        caller: .known,
        body: [.json(SignUpBody.schema)],
        answers: [
            .init(
                201, "All of it.",
                .json(
                    .object([
                        .init("user", .named("User")), .init("tenant", .named("Tenant")),
                        .init("session", .named("Session")),
                    ])))
        ],
        failures: [
            .emailInvalid, .passwordInvalid, .keyInvalid, .configInvalid, .emailTaken, .emailPending, .tenantExists,
            .tenantDeleted, .keyHeld, .forbidden, .rateLimited, .moving, .tenantDamaged,
            .deadlineExceeded, .diskFull, .versionConflict,
        ])

    static let all = [create]
}
