/// The answers of one status that are failures.
struct FailureAnswer: Hashable, Sendable {
    let status: Int
    let codes: [FailureCode]
    let form: Operation.ErrorForm

    /// Among the document's named answers.
    var name: String {
        let form = form == .plain ? "plain" : "client"
        return ([form, String(status)] + codes.map(\.name)).joined(separator: ".")
    }

    var json: JSONValue {
        let words = codes.map { "`\($0.name)`: \($0.meaning)" }.joined(separator: "\n\n")
        return [
            "description": .string(words), "headers": Operation.headers(headers), "content": Operation.content(content),
        ]
    }

    private var headers: [String] {
        switch status {
        case 401: ["WWW-Authenticate"]
        case 405: ["Allow"]
        case 429, 503: ["Retry-After"]
        default: []
        }
    }

    private var content: [Operation.Content] {
        let plain = Schema.object([
            Schema.Property(
                "error",
                .object([
                    Schema.Property("code", .choice(codes.map(\.name))),
                    Schema.Property("message", .text, "What happened and what to do, for people."),
                    Schema.Property("requestID", .text, "Under which the node's log knows the request."),
                    .optional("sqlite", .text, "SQLite's name of a statement's error."),
                    .optional("statement", .integer(), "Which one failed, from 0."),
                ]))
        ])
        guard form == .protocolOfClients else { return [.json(plain)] }
        // What the door itself refuses has the plain form there too.
        let ofClients = Schema.object([
            Schema.Property("message", .text), Schema.Property("code", .text, "In capitals."),
            .optional("error", .text, "The message once more, for readers of that member."),
        ])
        return [.json(.oneOf([plain, ofClients])), Operation.Content("text/plain", .text)]
    }
}
