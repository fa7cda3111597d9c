/// Why a WebSocket ends, as its last frame says it (RFC 6455 §7.4).
package struct SocketClose: Error, Hashable, Sendable {
    package var code: UInt16
    /// For people; at most 123 bytes, and nothing that the client sent.
    package var reason: String

    package init(_ code: UInt16, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Both sides are done.
    static let normal = SocketClose(1000, "")
    static let shuttingDown = SocketClose(1001, "The node is shutting down")
    static let idle = SocketClose(1001, "No request came for too long")
    static let frameInvalid = SocketClose(1002, "A frame breaks the rules of WebSockets")
    static let notMasked = SocketClose(1002, "Frames of clients must be masked")
    static let textExpected = SocketClose(1003, "Messages of this subprotocol are text")
    static let binaryExpected = SocketClose(1003, "Messages of this subprotocol are binary")
    static let tooLarge = SocketClose(1009, "The message is larger than this node accepts")
    static let tooSlow = SocketClose(1008, "The message did not arrive in time")
    static let unanswered = SocketClose(1011, "No answer in time; the request may have taken effect")
    static let flood = SocketClose(1008, "Too many requests were sent ahead")
    static let overloaded = SocketClose(1013, "The node is at its limit; try again shortly")
}
