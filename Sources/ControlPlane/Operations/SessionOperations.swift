import Contract

/// `/v1/sessions`: what its calls are.
enum SessionOperations {
    private static let tag = "Sessions"
    private static let id = Operation.Parameter(.path, "id", .string(length: 1...64), "The session's id.")
    private static let session = Operation.Content.json(.named("Session"))

    static let create = Operation(
        "createSession", "POST", "/v1/sessions", tag: tag, "Begins a session",
        details: """
            By email and password, or for a user by its id. An admin token is needed, except for the former where \
            `users.open-sign-in` is set. The token is shown this once. An email that nobody has is answered as a wrong \
            password is, and takes as long.
            """,
        caller: .known, body: [.json(SessionBody.schema)],
        answers: [.init(201, "The session.", session, headers: ["Location"])],
        failures: [.credentialsInvalid, .keyInvalid, .forbidden, .notFound, .rateLimited])

    static let own = Operation(
        "showOwnSession", "GET", "/v1/sessions/self", tag: tag, "Shows the session that asks", caller: .known,
        answers: [.init(200, "The session.", session)], failures: [.forbidden, .notFound])

    static let endOwn = Operation(
        "endOwnSession", "DELETE", "/v1/sessions/self", tag: tag, "Ends the session that asks", caller: .known,
        answers: [.init(204, "It is ended.")], failures: [.forbidden, .notFound])

    static let show = Operation(
        "showSession", "GET", "/v1/sessions/{id}", tag: tag, "Shows a session", caller: .scope("operator"),
        parameters: [id], answers: [.init(200, "The session.", session)], failures: [.notFound])

    static let end = Operation(
        "endSession", "DELETE", "/v1/sessions/{id}", tag: tag, "Ends a session",
        details: "This node refuses it at once, the others within `sessions.revocation-bound`.",
        caller: .scope("admin"), parameters: [id, .dryRun], answers: [.init(204, "It is ended.")],
        failures: [.notFound])

    static let all = [create, own, endOwn, show, end]
}
