import Terminal
import Testing

struct FailureTests {
    @Test(arguments: [
        (400, CommandStatus.failed), (401, .unauthorised), (403, .unauthorised), (404, .notFound), (409, .conflict),
        (412, .conflict), (422, .failed), (429, .failed), (500, .failed), (503, .failed), (507, .failed),
    ])
    func `Each status has its exit code`(status: Int, exit: CommandStatus) {
        #expect(CommandFailure(httpStatus: status, body: nil).status == exit)
    }

    @Test func `Exit codes are the documented numbers`() {
        #expect(
            CommandStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 65, 73, 77, 78])
    }

    @Test func `The control plane's error keeps its code and request`() throws {
        let body = JSONValue(
            parsing: Array(#"{"error":{"code":"tenant_exists","message":"acme is there","requestID":"r1"}}"#.utf8))
        let failure = CommandFailure(httpStatus: 409, body: body)
        #expect(failure.message == "acme is there (tenant_exists, request r1)")
    }

    @Test func `Hrana's error is understood as well`() {
        let body = JSONValue(
            parsing: Array(#"{"message":"no such tenant","code":"TENANT_NOT_FOUND","error":"x"}"#.utf8))
        let failure = CommandFailure(httpStatus: 404, body: body)
        #expect(failure.message == "no such tenant (TENANT_NOT_FOUND)")
        #expect(failure.advice == "see `rowhouse tenant list`")
    }

    @Test func `A body without sense still gives the status`() {
        #expect(CommandFailure(httpStatus: 502, body: nil).message == "the node answered with status 502")
        #expect(CommandFailure(httpStatus: 502, body: .array([])).message == "the node answered with status 502")
    }

    @Test func `A script reads what a person reads`() {
        let body = JSONValue(
            parsing: Array(#"{"error":{"code":"key_held","message":"held","requestID":"r1"}}"#.utf8))
        let text =
            #"{"error":{"advice":"use another key until then","code":"key_held","exit":4,"message":"held","requestID":"r1"}}"#
        #expect(CommandFailure(httpStatus: 409, body: body).json.text() == text)
        #expect(
            CommandFailure(.usage, "what?").json.text() == #"{"error":{"code":"usage","exit":2,"message":"what?"}}"#)
    }

    @Test func `A tenant that an operator has blocked is no matter of tokens`() {
        let body = JSONValue(parsing: Array(#"{"message":"The tenant is blocked","code":"FORBIDDEN"}"#.utf8))
        #expect(CommandFailure(httpStatus: 403, body: body).advice == nil)
    }

    @Test func `Failures say what to do and cannot steer the terminal`() {
        let failure = CommandFailure.unreachable("http://x\u{1B}[2J", "refused")
        #expect(failure.description.contains("rowhouse serve") && !failure.description.contains("\u{1B}"))
        #expect(failure.description.hasPrefix("rowhouse: cannot reach http://x␛[2J: refused\n  start a node"))
    }
}
