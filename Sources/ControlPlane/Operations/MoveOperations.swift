import Contract

/// `/v1/moves`: what its calls are.
enum MoveOperations {
    private static let id = Operation.Parameter(.path, "id", .string(length: 1...200), "The move's id.")
    private static let failures: [FailureCode] = [
        .keyInvalid, .tenantNotFound, .notFound, .nodeAlone, .versionConflict, .moving, .deadlineExceeded,
    ]

    static let begin = Operation(
        "beginMove", "POST", "/v1/moves", tag: "Moves", "Begins to move a tenant to another node",
        details: "It goes on by itself; look at it with `GET /v1/moves/{id}`.",
        caller: .scope("operator"), body: [.json(MoveController.MoveBody.schema)],
        answers: [.init(202, "The move.", .json(.named("Move")), headers: ["Location"])],
        failures: failures + [.alreadyThere, .moveInProgress])

    static let list = Operation(
        "listMoves", "GET", "/v1/moves", tag: "Moves", "Lists moves, the newest first", caller: .scope("read"),
        parameters: [.limit, .cursor, .init(.query, "tenant", ControlSchemas.key, "Moves of this tenant.")],
        answers: [.init(200, "One page.", .json(ControlSchemas.page(of: "Move")))], failures: failures)

    static let show = Operation(
        "showMove", "GET", "/v1/moves/{id}", tag: "Moves", "Shows a move", caller: .scope("read"), parameters: [id],
        answers: [.init(200, "The move.", .json(.named("Move")))], failures: failures)

    static let cancel = Operation(
        "cancelMove", "DELETE", "/v1/moves/{id}", tag: "Moves", "Cancels a move, as long as it is not committed",
        caller: .scope("operator"), parameters: [id],
        answers: [.init(200, "The move, aborted.", .json(.named("Move")))],
        failures: failures + [.moveCommitted])

    static let all = [begin, list, show, cancel]
}
