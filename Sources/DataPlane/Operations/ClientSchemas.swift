import Contract

/// The forms of libSQL's protocol over HTTP, Hrana 2 and 3
/// (https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md).
enum ClientSchemas {
    static let all: [String: Schema] = [
        "Value": value, "Statement": statement, "Batch": batch, "Condition": condition, "Result": result,
        "ClientError": error, "StreamRequest": request, "StreamResult": streamResult,
    ]

    private static func type(_ name: String) -> Schema.Property { .init("type", .choice([name])) }

    private static let value = Schema.oneOf([
        .object([type("null")]),
        .object([type("integer"), .init("value", .string(pattern: "^-?[0-9]{1,18}$"), "In digits.")]),
        .object([type("float"), .init("value", .number)]),
        .object([type("text"), .init("value", .text)]),
        .object([type("blob"), .init("base64", .string(pattern: "^([A-Za-z0-9+/]{4})*$"))]),
    ])

    private static let sqlID = Schema.integer(-2_147_483_648...2_147_483_647)

    private static let statement = Schema.object([
        .optional("sql", .text, "One statement; or `sql_id`."),
        .optional("sql_id", sqlID, "Of a text that was stored on this stream."),
        .optional("args", .list(.named("Value"))),
        .optional("named_args", .list(.object([.init("name", .text), .init("value", .named("Value"))]))),
        .optional("want_rows", .boolean),
    ])

    private static let condition = Schema.oneOf([
        .object([type("ok"), .init("step", .integer(0...10_000))]),
        .object([type("error"), .init("step", .integer(0...10_000))]),
        .object([type("not"), .init("cond", .named("Condition"))]),
        .object([type("and"), .init("conds", .list(.named("Condition")))]),
        .object([type("or"), .init("conds", .list(.named("Condition")))]),
        .object([type("is_autocommit")]),
    ])

    private static let batch = Schema.object([
        .init(
            "steps",
            .list(
                .object([
                    .init("stmt", .named("Statement")), .optional("condition", .orNull(.named("Condition"))),
                ])))
    ])

    private static let column = Schema.object([.init("name", .orNull(.text)), .init("decltype", .orNull(.text))])

    private static let result = Schema.object([
        .init("cols", .list(column)), .init("rows", .list(.list(.named("Value")))),
        .init("affected_row_count", .integer()), .init("last_insert_rowid", .orNull(.text)),
        .optional("rows_read", .integer()), .optional("rows_written", .integer()),
        .optional("query_duration_ms", .number), .optional("replication_index", .orNull(.text)),
    ])

    private static let error = Schema.object([.init("message", .text), .init("code", .orNull(.text))])

    private static let request = Schema.oneOf([
        .object([type("execute"), .init("stmt", .named("Statement"))]),
        .object([type("batch"), .init("batch", .named("Batch"))]),
        .object([type("sequence"), .optional("sql", .text), .optional("sql_id", sqlID)]),
        .object([type("describe"), .optional("sql", .text), .optional("sql_id", sqlID)]),
        .object([type("store_sql"), .init("sql_id", sqlID), .init("sql", .text)]),
        .object([type("close_sql"), .init("sql_id", sqlID)]),
        .object([type("get_autocommit")]),
        .object([type("close")]),
    ])

    private static let streamResult = Schema.oneOf([
        .object([type("ok"), .init("response", .object([.init("type", .text)]))]),
        .object([type("error"), .init("error", .named("ClientError"))]),
    ])

    static let batchResult = Schema.object([
        .init("step_results", .list(.orNull(.named("Result")))),
        .init("step_errors", .list(.orNull(.named("ClientError")))),
    ])
}
