/// The bounds of calls to other nodes.
package struct PeerLimits: Sendable {
    /// Bytes of a request or an answer that is held in memory.
    package var messageBytes = 16 << 20
    /// Calls under way at once, to all nodes together; beyond, a call fails before anything is sent.
    package var calls = 512
    /// Connections to one node that are kept open.
    package var connectionsPerNode = 16
    /// How long a node may take to accept a connection, queueing for a free one included.
    package var connect = Duration.seconds(1)
    /// How long a connection may lie idle before it is closed; shorter than the door's own limit, so that no call goes
    /// out on a connection that the other side is just closing.
    package var idle = Duration.seconds(30)
    /// How long a streamed answer may pause.
    package var streamPause = Duration.seconds(30)

    package init() {}
}
