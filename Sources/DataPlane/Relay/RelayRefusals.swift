package import Access
import Cluster
import Hrana
import NIOCore
import NIOHTTP1
package import Routing

/// The answers that relaying makes itself.
package enum RelayRefusals {
    /// To a node that took us for the owner. Nothing was executed.
    package static func answer(_ request: DoorRequest, _ refusal: NotOwner) {
        request.respond(
            .misdirectedRequest, headers: [("Content-Type", "application/json")],
            body: ByteBuffer(bytes: NotOwnerBody.encode(refusal)))
    }

    /// To whoever pretends to be a node, or is one whose key or clock differs. Nothing was executed.
    package static func answer(_ request: DoorRequest, _ verdict: ClusterVerifier.Verdict) {
        let error = TransportError(400, "BAD_REQUEST", "Internal headers are not taken from outside")
        answer(request, error, also: [(InternalHeaders.refused, verdict.name)])
    }

    /// What the name of a verdict, sent by the owner, means for the request. Nothing of it was executed.
    static func failure(_ verdict: String) -> RelayFailure {
        switch verdict {
        case ClusterVerifier.Verdict.tooMany.name: .crowded
        // Its owner is up again since less time than this node's clock is behind.
        case ClusterVerifier.Verdict.forgotten.name: .unreachable
        default: .unrecognised
        }
    }

    /// To a client whose request the owner has not answered.
    static func answer(_ request: DoorRequest, _ failure: RelayFailure) {
        answer(request, TransportError(failure))
    }

    private static func answer(_ request: DoorRequest, _ error: TransportError, also more: [(String, String)] = []) {
        var writer = JSONWriter()
        writer.transportError(error)
        var headers = [("Content-Type", error.contentType)] + more
        if let seconds = error.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        request.respond(
            HTTPResponseStatus(statusCode: error.status), headers: headers,
            body: ByteBuffer(bytes: writer.bytes.bytes))
    }
}

extension TransportError {
    init(_ failure: RelayFailure) {
        switch failure {
        case .unreachable:
            self = .init(
                503, "BUSY", "The tenant's node cannot be reached now; nothing was executed, try again shortly",
                retryAfterSeconds: 1)
        case .crowded:
            self = .init(
                503, "BUSY", "Too many requests wait for the tenant's node; nothing was executed, try again shortly",
                retryAfterSeconds: 1)
        case .moving:
            self = .init(
                503, "MOVING", "The tenant is moving to another node; nothing was executed, try again shortly",
                retryAfterSeconds: 1)
        case .unrecognised:
            self = .init(
                503, "BUSY",
                "The tenant's node does not take this one's requests: compare cluster keys and clocks; nothing was executed",
                retryAfterSeconds: 5)
        case .outcomeUnknown: self = .outcomeUnknown
        }
    }
}

extension ClusterVerifier.Verdict {
    /// For the other node's operator; says nothing of what a good signature would be.
    fileprivate var name: String {
        switch self {
        case .genuine: "genuine"
        case .missing, .malformed, .forged: "signature"
        case .outsideWindow: "clock"
        case .replayed: "replayed"
        case .tooMany: "crowded"
        case .forgotten: "restarted"
        }
    }
}

extension RelayLimits {
    /// From a request's arrival to the beginning of its answer.
    func time(of head: HTTPRequestHead) -> TimeAmount {
        guard let text = head.headers.first(name: "rowhouse-timeout"), let milliseconds = Int64(text),
            (1...300_000).contains(milliseconds)
        else { return (HranaEndpoint.isSnapshot(head.uri) ? snapshot : answer) + grace }
        return .milliseconds(milliseconds) + grace
    }
}
