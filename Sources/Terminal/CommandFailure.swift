/// Why a command did not do what it was asked, for a person and for a script.
package struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let status: CommandStatus
    /// What happened.
    package let message: String
    /// What to do next; `nil` where the message says it.
    package let advice: String?

    package init(_ status: CommandStatus, _ message: String, advice: String? = nil) {
        self.status = status
        self.message = message
        self.advice = advice
    }

    /// One or two lines, safe to show on a terminal.
    package var description: String {
        let first = "rowhouse: \(TerminalText.visible(message, keepingLines: true))"
        return advice.map { "\(first)\n  \($0)" } ?? first
    }

    /// For an answer with an error status. Reads both shapes of error bodies, the control plane's
    /// `{"error": {"code", "message", "requestID"}}` and Hrana's `{"message", "code"}`.
    package init(httpStatus: Int, body: JSONValue?) {
        let control = body?["error"]
        let code = control?["code"]?.string ?? body?["code"]?.string
        let text =
            control?["message"]?.string ?? body?["message"]?.string ?? control?.string
            ?? "the node answered with status \(httpStatus)"
        let request = control?["requestID"]?.string.map { ", request \($0)" } ?? ""
        self.init(
            CommandStatus(httpStatus: httpStatus), code.map { "\(text) (\($0)\(request))" } ?? text,
            advice: Self.advice(httpStatus, code))
    }

    private static func advice(_ status: Int, _ code: String?) -> String? {
        switch (status, code) {
        case (401, _): "give a token with --token or ROWHOUSE_TOKEN; `rowhouse access token` makes one for an operator"
        case (403, "origin_refused"): "the node has no credentials configured and answers on loopback only"
        case (403, _): "the token does not allow this; use one with the scope or tenant that it needs"
        case (404, "tenant_not_found"), (404, "TENANT_NOT_FOUND"): "see `rowhouse tenant list`"
        case (409, "tenant_deleted"): "bring it back with `rowhouse tenant undelete`, or wait until it is gone"
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
