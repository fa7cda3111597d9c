/// One call of the API. Routes are registered with it, and the document says what it says.
package struct Operation: Hashable, Sendable {
    /// Who may call.
    package enum Caller: Hashable, Sendable {
        /// Everybody who reaches the port.
        case anybody
        /// Whoever has a valid credential.
        case known
        /// An admin token with this scope.
        case scope(String)
        /// Whoever may do this with the tenant that the request names.
        case tenant
    }

    package struct Parameter: Hashable, Sendable {
        package enum Place: String, Sendable { case path, query, header }

        package let place: Place
        package let name: String
        package let schema: Schema
        package let summary: String

        package init(_ place: Place, _ name: String, _ schema: Schema, _ summary: String) {
            self.place = place
            self.name = name
            self.schema = schema
            self.summary = summary
        }
    }

    package struct Content: Hashable, Sendable {
        package let type: String
        package let schema: Schema

        package init(_ type: String, _ schema: Schema) {
            self.type = type
            self.schema = schema
        }

        package static func json(_ schema: Schema) -> Content { Content("application/json", schema) }
        package static func binary(_ type: String) -> Content { Content(type, .any) }
    }

    package struct Answer: Hashable, Sendable {
        package let status: Int
        package let summary: String
        package let content: Content?
        /// Headers that it has besides those of every answer.
        package let headers: [String]

        package init(_ status: Int, _ summary: String, _ content: Content? = nil, headers: [String] = []) {
            self.status = status
            self.summary = summary
            self.content = content
            self.headers = headers
        }
    }

    /// How its errors look.
    package enum ErrorForm: Hashable, Sendable {
        /// `{"error": {"code", "message", "requestID"}}`.
        case plain
        /// As clients of libSQL read them: a sentence as `text/plain`, or `{"message", "code", "error"}`.
        case protocolOfClients
    }

    /// Unique, in camel case: what generated clients call it.
    package let id: String
    package let method: String
    /// With `{name}` where a parameter stands.
    package let path: String
    package let tag: String
    package let summary: String
    package var details = ""
    package let caller: Caller
    package var parameters: [Parameter] = []
    /// One of several forms of the same.
    package var body: [Content] = []
    package var isBodyRequired = true
    package let answers: [Answer]
    package var failures: [FailureCode] = []
    package var errorForm = ErrorForm.plain
    /// It takes an `Idempotency-Key`, as every call of the control plane does that makes something.
    package var isOnce = false

    package init(
        _ id: String, _ method: String, _ path: String, tag: String, _ summary: String, details: String = "",
        caller: Caller, parameters: [Parameter] = [], body: [Content] = [], isBodyRequired: Bool = true,
        answers: [Answer], failures: [FailureCode] = [], errorForm: ErrorForm = .plain
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.tag = tag
        self.summary = summary
        self.details = details
        self.caller = caller
        self.parameters = parameters
        self.body = body
        self.isBodyRequired = isBodyRequired
        self.answers = answers
        self.failures = failures
        self.errorForm = errorForm
    }

    /// The same, done once under an `Idempotency-Key`.
    package var once: Operation {
        var operation = self
        operation.isOnce = true
        return operation
    }

    /// Names of what may stand behind the question mark.
    package var queryNames: Set<String> { Set(parameters.filter { $0.place == .query }.map(\.name)) }
}
