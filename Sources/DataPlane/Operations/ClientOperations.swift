import Contract

/// The calls that libSQL's clients make; people use `POST query`.
enum ClientOperations {
    static let all = pipelines + cursors + [execute, batch]

    private static let failures =
        TenantPlane.failures + [
            .tenantDeleted, .keyHeld, .streamExpired, .idempotencyNotPossible, .idempotencyMismatch, .claimExpired,
            .tooManyClaims, .sqlError, .tooManyStreams,
            .temporaryFull,
            .quotaExceeded,
        ]
    private static let protobuf = Operation.Content.binary("application/x-protobuf")
    private static let baton = Schema.Property.optional(
        "baton", .orNull(.text), "Of the answer before, to go on with its stream; null begins one.")

    private static func operation(
        _ id: String, _ path: String, _ summary: String, details: String = "", body: Operation.Content,
        answers: [Operation.Answer], failures: [FailureCode] = [], takesKey: Bool = true
    ) -> Operation {
        Operation(
            id, "POST", "\(TenantPlane.base)/\(path)", tag: TenantPlane.tag, summary, details: details, caller: .tenant,
            parameters: TenantPlane.parameters + (takesKey ? [TenantPlane.idempotencyKey, TenantPlane.claim] : []),
            body: [body],
            answers: answers,
            failures: Self.failures + failures, errorForm: .protocolOfClients)
    }

    // MARK: Versions 2 and 3

    private static let program = Operation.Content.json(
        .object([baton, .init("requests", .list(.named("StreamRequest"), most: 10_000))]))
    private static let programResult = Schema.object([
        .init("baton", .orNull(.text)), .init("base_url", .orNull(.text)),
        .init("results", .list(.named("StreamResult"))),
    ])

    private static let pipelines = [
        operation(
            "pipeline2", "v2/pipeline", "Requests on a stream, version 2", body: program,
            answers: [.init(200, "A result of each.", .json(programResult))]),
        operation(
            "pipeline3", "v3/pipeline", "Requests on a stream, version 3",
            details: "Each runs whether or not those before it failed; a failure is a result.", body: program,
            answers: [.init(200, "A result of each.", .json(programResult))]),
        operation(
            "pipeline3Protobuf", "v3-protobuf/pipeline", "The same in Protocol Buffers", body: protobuf,
            answers: [.init(200, "A result of each.", protobuf)]),
    ]

    private static let cursors = [
        operation(
            "cursor3", "v3/cursor", "A batch whose rows are streamed",
            details: "A line of JSON for each entry; the first is `{\"baton\", \"base_url\"}`.",
            body: .json(.object([baton, .init("batch", .named("Batch"))])),
            answers: [.init(200, "Lines.", .init("text/plain", .text))], takesKey: false),
        operation(
            "cursor3Protobuf", "v3-protobuf/cursor", "The same in Protocol Buffers", body: protobuf,
            answers: [.init(200, "Messages, each behind its length.", .binary("application/octet-stream"))],
            takesKey: false),
    ]

    // MARK: Version 1

    /// Version 1 says with the status what became of a statement.
    private static let failuresOfStatements: [FailureCode] = [
        .sqlError, .resultTooLarge, .transactionTooLarge,
        FailureCode(501, "args_both_positional_and_named", "One or the other."),
    ]

    private static let execute = operation(
        "execute1", "v1/execute", "One statement, version 1",
        details: "A statement that SQLite refuses is answered with 500, as the protocol has it.",
        body: .json(.object([.init("stmt", .named("Statement"))])),
        answers: [.init(200, "Its result.", .json(.object([.init("result", .named("Result"))])))],
        failures: failuresOfStatements)

    private static let batch = operation(
        "batch1", "v1/batch", "Several statements, each under a condition, version 1",
        body: .json(.object([.init("batch", .named("Batch"))])),
        answers: [.init(200, "Results and errors.", .json(.object([.init("result", ClientSchemas.batchResult)])))],
        failures: failuresOfStatements)
}
