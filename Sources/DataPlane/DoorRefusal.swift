package import NIOHTTP1

/// Every way in which the door itself says no, before any service has seen the request.
///
/// The table below is the only place where these become a status, a stable code and a sentence for people.
package enum DoorRefusal: Error, Hashable, Sendable {
    /// An HTTP/1.1 request without `Host`, or any request with more than one or with one that names no host.
    case hostInvalid
    /// Two readers could disagree about where this request ends; it is answered and the connection ends.
    case framingAmbiguous
    /// What arrived is not HTTP/1.
    case malformed
    /// The request target is neither a path, nor `*`, nor an absolute URI of this very host.
    case targetInvalid
    case headTooLarge
    case bodyTooLarge
    /// The head, or the body, did not arrive in time.
    case tooSlow
    /// An `Expect` other than `100-continue`.
    case expectationUnknown
    /// CONNECT: this is no proxy.
    case methodRefused
    /// The node holds as many connections, or as many bytes of bodies, as it may.
    case busy
    /// No answer was made within ``DoorLimits/answer``; what became of the request is not known.
    case unanswered
    /// A request for a WebSocket that is none by its headers.
    case socketInvalid
    /// A WebSocket was asked for where something else was asked for before.
    case socketTooLate
    /// What ``DoorRules`` decided. `message` says what happened and what to do.
    case rule(status: Int, code: String, message: String)
}

extension DoorRefusal {
    package var status: HTTPResponseStatus { entry.status }
    /// Stable; documented for clients.
    package var code: String { entry.code }
    /// For people; never carries what the client sent.
    package var message: String { entry.message }

    private var entry: (status: HTTPResponseStatus, code: String, message: String) {
        switch self {
        case .hostInvalid: (.badRequest, "bad_request", "Exactly one valid Host header is required.")
        case .framingAmbiguous: (.badRequest, "bad_request", "The length of the request is ambiguous.")
        case .malformed: (.badRequest, "bad_request", "This is not a valid HTTP/1.1 request.")
        case .targetInvalid: (.badRequest, "bad_request", "The request target must be a path.")
        case .headTooLarge: (.requestHeaderFieldsTooLarge, "head_too_large", "Send fewer or shorter headers.")
        case .bodyTooLarge: (.payloadTooLarge, "body_too_large", "The request body is larger than this node accepts.")
        case .tooSlow: (.requestTimeout, "request_timeout", "The request did not arrive in time.")
        case .expectationUnknown: (.expectationFailed, "bad_request", "Only Expect: 100-continue is known.")
        case .methodRefused: (.methodNotAllowed, "bad_request", "CONNECT is not offered here.")
        case .busy: (.serviceUnavailable, "busy", "The node is at its limit; try again shortly.")
        case .unanswered: (.gatewayTimeout, "outcome_unknown", "No answer in time; the request may have taken effect.")
        case .socketInvalid:
            (.badRequest, "bad_request", "This is not a valid request for a WebSocket of version 13.")
        case .socketTooLate: (.badRequest, "bad_request", "A WebSocket needs a connection of its own.")
        case .rule(let status, let code, let message): (HTTPResponseStatus(statusCode: status), code, message)
        }
    }
}
