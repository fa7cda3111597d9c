/// Calls to other nodes: one request, one answer, both small enough to be held in memory.
///
/// The real one signs each call with the cluster's key and sends it over HTTP; a simulator may lose, delay and repeat them.
package protocol PeerTransport: Sendable {
    /// Sends a request once. The answer's status is between 200 and 299; any other is a `PeerFailure.refused`.
    ///
    /// - Parameters:
    ///   - address: of the node, as its row in the catalog has it: `http://10.0.0.5:8080`.
    ///   - path: from `/.rowhouse/` on, with the query, in ASCII.
    ///   - timeout: from this call to the end of the answer.
    /// - Throws: `PeerFailure`. It is never sent twice.
    func call(
        _ address: String, method: String, path: String, body: [UInt8], timeout: Duration
    ) async throws(PeerFailure) -> PeerAnswer
}

extension PeerTransport {
    /// Posts to a node, with ten seconds to answer.
    ///
    /// - Throws: `PeerFailure`.
    package func post(
        _ address: String, path: String, body: [UInt8] = [], timeout: Duration = .seconds(10)
    ) async throws(PeerFailure) -> PeerAnswer {
        try await call(address, method: "POST", path: path, body: body, timeout: timeout)
    }
}

/// What another node answered.
package struct PeerAnswer: Equatable, Sendable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Why there is no answer from another node. The caller needs to know one thing: may it be repeated?
package enum PeerFailure: Error, Equatable, Sendable {
    /// Nothing was sent: to repeat it is safe.
    case unreachable(String)
    /// It was sent, perhaps in part, and no answer came: it may have happened, now or a little later.
    case outcomeUnknown(String)
    /// The node answered with an error of its own; `code` is empty where it gave none.
    case refused(status: Int, code: String, message: String)
    /// The answer has more bytes than a call may: what was asked has happened.
    case tooLarge(limit: Int)
}

extension PeerFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let why): "the node cannot be reached: \(why)"
        case .outcomeUnknown(let why): "no answer came from the node: \(why)"
        case .refused(let status, let code, let message):
            "the node refused with \(status)\(code.isEmpty ? "" : " " + code)\(message.isEmpty ? "" : ": " + message)"
        case .tooLarge(let limit): "the node answered with more than \(limit) bytes"
        }
    }
}
