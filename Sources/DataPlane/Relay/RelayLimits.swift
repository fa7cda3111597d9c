package import NIOCore

/// The bounds of relaying. All of them hold for one event loop and one peer, since connections are shared by nothing else.
package struct RelayLimits: Sendable {
    /// Connections to one peer, idle ones included.
    package var connections = 256
    /// Requests that may wait for a connection; beyond, 503.
    package var waiting = 1024
    /// How long a peer may take to accept a connection.
    package var connect = TimeAmount.seconds(1)
    /// How long a request may wait for a connection.
    package var queue = TimeAmount.seconds(5)
    /// How long a connection may lie idle; shorter than the door's own limit, so that no request goes out on a connection
    /// that the peer is just closing.
    package var idle = TimeAmount.seconds(30)
    /// What a request has where it names no time of its own (`Rowhouse-Timeout`).
    package var answer = TimeAmount.seconds(30)
    /// The same for snapshots: their owner copies the whole tenant first.
    package var snapshot = TimeAmount.seconds(300)
    /// How long an upload's owner may take nothing of it, or its client may send nothing.
    package var uploadPause = TimeAmount.seconds(120)
    /// Bytes of an upload for each second that its answer may take longer.
    package var uploadRate = 10 << 20
    /// What is added to a request's own time before its answer is given up: the owner is to say it first.
    package var grace = TimeAmount.seconds(5)
    /// How long a streamed answer may pause.
    package var streamPause = TimeAmount.seconds(330)
    /// Bytes up to which an answer of known length is gathered and sent on in one piece; longer ones are streamed.
    package var gathered = 64 << 10
    /// How often times are looked at.
    package var sweep = TimeAmount.milliseconds(500)

    package init() {}
}
