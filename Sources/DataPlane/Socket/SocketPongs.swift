import NIOCore

/// Which pings are answered: one after the other, and of those that come meanwhile the newest (RFC 6455 §5.5.3). A client
/// that pings and never reads costs one pong.
struct SocketPongs {
    private var waiting: ByteBuffer?
    private var isUnderWay = false

    mutating func pinged(_ payload: ByteBuffer) {
        // A copy: it is a slice of what was read, and would keep all of that.
        waiting = ByteBuffer(bytes: payload.readableBytesView)
    }

    /// What is to be sent now; nil if there is nothing, or another has not left yet.
    mutating func next() -> ByteBuffer? {
        guard !isUnderWay, let payload = waiting else { return nil }
        waiting = nil
        isUnderWay = true
        return payload
    }

    /// The last one has left.
    mutating func sent() { isUnderWay = false }
}
