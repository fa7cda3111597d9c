import Contract

/// `POST query`.
enum QueryOperations {
    static let schemas: [String: Schema] = ["PlainValue": value, "PlainStatement": statement, "PlainResult": result]

    private static let value = Schema.oneOf([
        .orNull(.text), .number, .boolean,
        .object([.init("base64", .string(pattern: "^([A-Za-z0-9+/]{4})*$"))], isStrict: true),
    ])
    private static let arguments = Schema.oneOf([.list(.named("PlainValue")), .map(.named("PlainValue"))])

    private static let statement = Schema.object(
        [.init("sql", .text), .optional("args", arguments, "In order, or by name.")], isStrict: true)

    private static let members: [Schema.Property] = [
        .init("columns", .list(.text)), .init("rows", .list(.list(.any))), .init("rowsAffected", .integer()),
        .init("lastInsertRowID", .orNull(.any), "Digits in a string beyond ±2⁵³."),
    ]
    private static let result = Schema.object(members)

    private static let outside: [Schema.Property] = [
        .optional("bookmark", .text, "Where the tenant was."), .init("durationMS", .number),
    ]

    private static let query = Operation(
        "query", "POST", "\(TenantPlane.base)/query", tag: TenantPlane.tag, "SQL in plain JSON",
        details: "One statement, or several as one transaction unless `atomic` is false.",
        caller: .tenant, parameters: TenantPlane.parameters + [TenantPlane.idempotencyKey, TenantPlane.claim],
        body: [
            .json(
                .oneOf([
                    .named("PlainStatement"),
                    .object(
                        [
                            .init("statements", .list(.named("PlainStatement"), most: 10_000)),
                            .optional("atomic", .boolean),
                        ], isStrict: true),
                ]))
        ],
        answers: [
            .init(
                200, "What came of it.",
                .json(
                    .oneOf([
                        .object(members + outside), .object([.init("results", .list(.named("PlainResult")))] + outside),
                    ])))
        ],
        failures: TenantPlane.failures + [
            .tenantDeleted, .keyHeld, .sqlError, .idempotencyNotPossible, .idempotencyMismatch, .claimExpired,
            .tooManyClaims,
            .resultTooLarge,
            .transactionTooLarge,
            .quotaExceeded, .temporaryFull,
        ])

    static let all = [query]
}
