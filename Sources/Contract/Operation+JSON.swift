extension Operation {
    /// Statuses that any call may be answered with, whatever it does.
    private static let anyCall: [FailureCode] = [
        .badRequest, .originRefused, .requestTimeout, .bodyTooLarge, .headTooLarge, .internalError, .busy, .recovering,
    ]
    private static let knownCallers: [FailureCode] = [
        .tokenMissing, .tokenInvalid, .tokenExpired, .forbidden, .rateLimited, .catalogUnavailable, .outcomeUnknown,
    ]

    /// Its own, and those of every call like it; by status and name.
    package var allFailures: [FailureCode] {
        var shared = caller == .anybody ? Self.anyCall : Self.anyCall + Self.knownCallers
        if isOnce { shared += [.idempotencyMismatch, .idempotencyInProgress] }
        return Set(failures + shared).sorted { ($0.status, $0.name) < ($1.status, $1.name) }
    }

    var json: JSONValue {
        var object: JSONValue = [
            "operationId": .string(id), "tags": [.string(tag)], "summary": .string(summary),
            "responses": .object(responses),
            // An empty requirement: where no credentials are configured, none are asked for.
            "security": caller == .anybody ? [] : [["token": []], [:]],
        ]
        let text = [details, callerText].filter { !$0.isEmpty }.joined(separator: "\n\n")
        if !text.isEmpty { object = object.adding(["description": .string(text)]) }
        let parameters = parameters + (isOnce ? [Self.onceKey] : [])
        if !parameters.isEmpty { object = object.adding(["parameters": .array(parameters.map(\.json))]) }
        guard !body.isEmpty else { return object }
        return object.adding([
            "requestBody": ["required": .bool(isBodyRequired), "content": Self.content(body)]
        ])
    }

    private static let onceKey = Parameter(
        .header, "Idempotency-Key", .string(length: 1...128, pattern: "^[!-~]+$"),
        "The same caller's same request under the same key is done once, and answered the same for a day.")

    private var callerText: String {
        switch caller {
        case .anybody: "Needs no token."
        case .known: "Needs any valid credential."
        case .scope(let scope): "Needs an admin token with the scope `\(scope)`."
        case .tenant: "Needs a token of the tenant, or an admin token."
        }
    }

    // MARK: Answers

    private var responses: [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        for failure in failureAnswers {
            responses[String(failure.status)] = ["$ref": .string("#/components/responses/\(failure.name)")]
        }
        for answer in answers { responses[String(answer.status)] = answer.json }
        return responses
    }

    /// Its failures by status; calls that fail alike share them.
    var failureAnswers: [FailureAnswer] {
        Dictionary(grouping: allFailures, by: \.status).map { FailureAnswer(status: $0, codes: $1, form: errorForm) }
    }

    static func content(_ contents: [Content]) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: contents.map { ($0.type, ["schema": $0.schema.json]) }))
    }

    /// - Parameter names: besides those that every answer has.
    static func headers(_ names: [String]) -> JSONValue {
        let all = names + ["Rowhouse-Request-ID"]
        return .object(
            Dictionary(
                uniqueKeysWithValues: all.map { ($0, ["schema": ["type": "string"], "required": true] as JSONValue) }))
    }
}

extension Operation.Answer {
    var json: JSONValue {
        let object: JSONValue = ["description": .string(summary), "headers": Operation.headers(headers)]
        return content.map { object.adding(["content": Operation.content([$0])]) } ?? object
    }
}

extension Operation.Parameter {
    var json: JSONValue {
        [
            "in": .string(place.rawValue), "name": .string(name), "schema": schema.json,
            "description": .string(summary), "required": .bool(place == .path),
        ]
    }
}
