import Contract

/// `/v1/flags`: what its calls are.
enum FlagOperations {
    private static let name = Operation.Parameter(
        .path, "name", .string(length: 1...128, pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$"), "The flag's name.")
    static let value = Schema.oneOf([
        .boolean, .number, .string(), .list(.any), .object([]),
    ])

    static let list = Operation(
        "listFlags", "GET", "/v1/flags", tag: "Flags", "Lists flags, or waits for one to change",
        details: """
            With `after` it answers the flags that have changed since, as they are now (a value of null: taken away), at once \
            or as soon as there is one, with an empty list when `wait` is over. Ask with the `seq` of the answer before: \
            changes are numbered without gaps, in the order in which they were committed.
            """,
        caller: .scope("read"),
        parameters: [
            .init(.query, "after", .integer(0...Int64.max), "The `seq` of the answer before; 0 for all flags."),
            .init(.query, "wait", .string(pattern: "^([1-9][0-9]{0,1}s|0s|1m)$"), "How long to wait, at most `60s`."),
            .limit, .cursor,
        ],
        answers: [
            .init(
                200, "The flags.",
                .json(
                    .object([
                        .init("items", .list(.named("Flag"))), .init("next", .orNull(.text)),
                        .init("seq", .integer(), "The newest change that is in it."),
                    ])))
        ])

    static let show = Operation(
        "showFlag", "GET", "/v1/flags/{name}", tag: "Flags", "Shows a flag", caller: .scope("read"),
        parameters: [name], answers: [.init(200, "The flag.", .json(.named("Flag")))], failures: [.notFound])

    static let set = Operation(
        "setFlag", "PUT", "/v1/flags/{name}", tag: "Flags", "Gives a flag a value",
        details:
            "Up to 16 KiB of JSON, and no secrets: the audit log keeps it. Every node's waiters hear of it within a second.",
        caller: .scope("operator"), parameters: [name], body: [.json(FlagController.SetBody.schema)],
        answers: [.init(200, "The flag.", .json(.named("Flag")))],
        failures: [.versionConflict, .tooManyFlags, .notFound])

    static let unset = Operation(
        "unsetFlag", "DELETE", "/v1/flags/{name}", tag: "Flags", "Takes a flag away",
        details: "Its history stays, so that a rollback brings it back.",
        caller: .scope("operator"),
        parameters: [name, .init(.query, "version", .integer(1...Int64.max), "At which it must be.")],
        answers: [.init(200, "The flag, without a value.", .json(.named("Flag")))],
        failures: [.versionConflict, .notFound])

    static let history = Operation(
        "flagHistory", "GET", "/v1/flags/{name}/history", tag: "Flags", "A flag's newest 100 versions",
        caller: .scope("read"), parameters: [name],
        answers: [.init(200, "The newest first, on one page.", .json(ControlSchemas.page(of: "Flag")))],
        failures: [.notFound])

    static let rollBack = Operation(
        "rollBackFlag", "POST", "/v1/flags/{name}/rollback", tag: "Flags", "Gives a flag an earlier value",
        details:
            "As a new version. One rollback after another goes further back; say the version where several may do it at once.",
        caller: .scope("operator"), parameters: [name], body: [.json(FlagController.RollbackBody.schema)],
        isBodyRequired: false, answers: [.init(200, "The flag.", .json(.named("Flag")))],
        failures: [.versionConflict, .flagVersionMissing, .notFound])

    static let all = [list, show, set, unset, history, rollBack]
}
