/// One SQL statement as a call of the data plane's pipeline, and its answer.
package struct QueryCall: Sendable, Equatable {
    package let sql: String
    package let arguments: [JSONValue]

    /// - Parameters:
    ///   - arguments: as typed: whole and decimal numbers are bound as numbers, `NULL` as null, the rest as text.
    ///   - asText: bind all of them as text instead.
    package init(sql: String, arguments: [String], asText: Bool) {
        self.sql = sql
        self.arguments = arguments.map { asText ? Self.text($0) : Self.guess($0) }
    }

    /// The body of `POST …/v3/pipeline`: the statement on a stream of its own, which is closed at once.
    package var body: JSONValue {
        let statement: JSONValue = .object(["sql": .string(sql), "args": .array(arguments), "want_rows": .bool(true)])
        return .object([
            "baton": .null,
            "requests": .array([
                .object(["type": .string("execute"), "stmt": statement]), .object(["type": .string("close")]),
            ]),
        ])
    }

    private static func text(_ text: String) -> JSONValue {
        .object(["type": .string("text"), "value": .string(text)])
    }

    private static func guess(_ text: String) -> JSONValue {
        if text == "NULL" { return .object(["type": .string("null")]) }
        if let value = Int64(text), String(value) == text {
            return .object(["type": .string("integer"), "value": .string(text)])
        }
        let isDecimal = text.utf8.allSatisfy { "0123456789.-+eE".utf8.contains($0) } && text.contains { $0.isNumber }
        if isDecimal, text.contains("."), let value = Double(text), value.isFinite {
            return .object(["type": .string("float"), "value": .number(value)])
        }
        return Self.text(text)
    }
}

/// What came back for one statement.
package struct QueryAnswer: Sendable, Equatable {
    package let columns: [String]
    /// Hrana values.
    package let rows: [[JSONValue]]
    package let rowsAffected: Int64
    package let lastInsertRowID: String?

    /// - Throws: `CommandFailure` with the statement's error, or where the answer is not what a pipeline gives.
    package init(_ body: JSONValue) throws(CommandFailure) {
        let first = body["results"]?.array?.first
        if let error = first?["error"] {
            let code = error["code"]?.string.map { " (\($0))" } ?? ""
            throw CommandFailure(.failed, (error["message"]?.string ?? "the statement failed") + code)
        }
        guard let result = first?["response"]?["result"], let columns = result["cols"]?.array,
            let rows = result["rows"]?.array
        else { throw CommandFailure(.unreachable, "the answer is not that of a Hrana pipeline", advice: "check --url") }
        self.columns = columns.map { $0["name"]?.string ?? "" }
        self.rows = rows.map { $0.array ?? [] }
        rowsAffected = result["affected_row_count"]?.integer ?? 0
        lastInsertRowID = result["last_insert_rowid"]?.string
    }

    /// A table of the rows, or what the statement changed where it gives none.
    package func text(width: Int?) -> String {
        guard !columns.isEmpty else { return HumanText.count(rowsAffected, "row") + " changed\n" }
        let isNumeric = columns.indices.map { index in
            !rows.isEmpty && rows.allSatisfy { index < $0.count && Self.isNumber($0[index]) }
        }
        var table = Table(zip(columns, isNumeric).map { Table.Column($0, right: $1) })
        for row in rows { table.add(row.map(Self.shown)) }
        return table.text(width: width) + "(\(HumanText.count(Int64(rows.count), "row")))\n"
    }

    /// The shape of the data plane's `POST query`: plain values, integers beyond 2⁵³ as strings, blobs as base64.
    package var json: JSONValue {
        .object([
            "columns": .array(columns.map { .string($0) }),
            "rows": .array(rows.map { .array($0.map(Self.plain)) }),
            "rowsAffected": .integer(rowsAffected),
            "lastInsertRowID": lastInsertRowID.map { Self.integer($0) } ?? .null,
        ])
    }

    private static func isNumber(_ value: JSONValue) -> Bool {
        ["integer", "float", "null"].contains(value["type"]?.string)
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value["type"]?.string {
        case "null": "NULL"
        case "blob": "base64:" + (value["base64"]?.string ?? "")
        default: value["value"].map { $0.string ?? $0.text() } ?? ""
        }
    }

    private static func plain(_ value: JSONValue) -> JSONValue {
        switch value["type"]?.string {
        case "integer": integer(value["value"]?.string ?? "")
        case "blob": .object(["base64": value["base64"] ?? .string("")])
        default: value["value"] ?? .null
        }
    }

    private static func integer(_ text: String) -> JSONValue {
        guard let value = Int64(text), value.magnitude <= 1 << 53 else { return .string(text) }
        return .integer(value)
    }
}
