package import Hrana

/// Why a command did not do what it was asked, for a person and for a script.
package struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let status: CommandStatus
    /// What happened, in words.
    private let text: String
    /// What to do next; `nil` where the message says it.
    package let advice: String?
    /// The node's code for it, which stays the same from version to version; `nil` where no node refused.
    package let code: String?
    /// By which the node's log knows the request.
    private let request: String?

    package init(_ status: CommandStatus, _ message: String, advice: String? = nil) {
        self.init(status, message, advice: advice, code: nil, request: nil)
    }

    /// A statement's failure as the data plane tells it.
    /// - Parameter place: which statement it was, where there are several.
    package init(statement error: HranaError, place: String?) {
        self.init(
            .failed, (place.map { "\($0): " } ?? "") + error.message, advice: Self.advice(200, error.code),
            code: error.code, request: nil)
    }

    /// The same, with where it happened.
    package func at(_ place: String) -> CommandFailure {
        CommandFailure(status, "\(place): \(text)", advice: advice, code: code, request: request)
    }

    private init(_ status: CommandStatus, _ text: String, advice: String?, code: String?, request: String?) {
        self.status = status
        self.text = text
        self.advice = advice
        self.code = code
        self.request = request
    }

    /// What happened, with the node's code and the request's id.
    package var message: String {
        code.map { "\(text) (\($0)\(request.map { ", request \($0)" } ?? ""))" } ?? text
    }

    /// One or two lines, safe to show on a terminal.
    package var description: String {
        let first = "rowhouse: \(TerminalText.visible(message, keepingLines: true))"
        return advice.map { "\(first)\n  \($0)" } ?? first
    }

    /// The shape of the control plane's errors, with the process's exit status.
    package var json: JSONValue {
        let members: [String: JSONValue?] = [
            "code": .string(code ?? status.name), "message": .string(text), "advice": advice.map { .string($0) },
            "requestID": request.map { .string($0) }, "exit": .integer(Int64(status.rawValue)),
        ]
        return .object(["error": .object(members.compactMapValues { $0 })])
    }

    /// For an answer with an error status. Reads both shapes of error bodies, the control plane's
    /// `{"error": {"code", "message", "requestID"}}` and Hrana's `{"message", "code"}`.
    package init(httpStatus: Int, body: JSONValue?) {
        let control = body?["error"]
        let code = control?["code"]?.string ?? body?["code"]?.string
        let text =
            control?["message"]?.string ?? body?["message"]?.string ?? control?.string
            ?? "the node answered with status \(httpStatus)"
        self.init(
            CommandStatus(httpStatus: httpStatus), text, advice: Self.advice(httpStatus, code), code: code,
            request: control?["requestID"]?.string)
    }

    private static func advice(_ status: Int, _ code: String?) -> String? {
        switch (status, code?.lowercased()) {
        case (401, _): "give a token with --token or ROWHOUSE_TOKEN; `rowhouse access token` makes one for an operator"
        case (403, "origin_refused"): "the node has no credentials configured and answers on loopback only"
        case (404, "tenant_not_found"): "see `rowhouse tenant list`"
        case (409, "tenant_deleted"):
            "bring it back with `rowhouse tenant undelete`, or free its key with `rowhouse tenant delete --purge`"
        case (_, "transaction_timeout"):
            "it held up others for too long, or was idle, and was undone; begin it again"
        case (409, "key_held"): "use another key until then"
        case (409, "move_in_progress"): "see `rowhouse move list`"
        case (503, _), (429, _): "try again in a moment"
        case (504, _): "it may have happened: look before repeating it"
        default: nil
        }
    }

    /// For a node that could not be reached.
    package static func unreachable(_ url: String, _ reason: String) -> CommandFailure {
        CommandFailure(
            .unreachable, "cannot reach \(url): \(reason)",
            advice: "start a node with `rowhouse serve`, or name one with --url or ROWHOUSE_URL")
    }
}
