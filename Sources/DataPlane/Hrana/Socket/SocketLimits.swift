package import NIOCore

/// Every bound of one WebSocket's conversation, with its default. Bounds of the transport are ``DoorLimits``, those of
/// programs `ExecutionLimits`.
package struct SocketLimits: Hashable, Sendable {
    /// Of one tenant, open on a node; beyond, the hello is refused with `TOO_MANY_SOCKETS`.
    package var perTenant = 5_000
    /// Streams open at once; beyond, `TOO_MANY_STREAMS`.
    package var streams = 128
    /// Cursors open at once; beyond, `TOO_MANY_CURSORS`.
    package var cursors = 16
    /// Requests without an answer; beyond, nothing is read.
    package var pending = 128
    /// Bytes of their messages, with the stored texts that they name; beyond, nothing is read.
    package var pendingBytes = 1 << 20
    /// How many times `pending` may be there all the same: a socket at its end is read out whatever we want. Beyond, the
    /// end.
    package var flood = 8
    /// SQL texts stored at once …
    package var texts = 150
    /// … and bytes of each.
    package var textBytes = 5_120
    /// Bytes of the stored texts that one request names, each counted as often as it is named; beyond,
    /// `SQL_STORE_TOO_LARGE`.
    package var textsInRequest = 8 << 20
    /// Bytes of one message: ``DoorLimits/body``. With its stored texts a request must not be larger either, since it may
    /// have to go to another node in one piece.
    package var messageBytes = 32 << 20
    /// Bytes of the first message, which anybody may send.
    package var helloBytes = 64 << 10
    /// Numbers of streams, cursors and texts that were refused and that the client may still name; beyond, the end.
    package var refused = 1_024
    /// Bytes of entries in the answer to one fetch, about.
    package var fetchBytes = 1 << 20
    /// Bytes of a cursor that nobody has fetched yet: at `cursorHigh` its making pauses, at `cursorLow` it goes on.
    package var cursorHigh = 128 << 10
    package var cursorLow = 32 << 10
    /// From a request to its answer. Longer than any deadline of a request: this one only keeps a lost one from waiting
    /// for ever.
    package var answer = TimeAmount.seconds(330)
    /// For which cursors go on, at least, although the session must be read again and the catalog does not answer.
    package var unread = TimeAmount.seconds(5)
    /// From the handshake to the hello.
    package var hello = TimeAmount.seconds(10)

    package init() {}
}
