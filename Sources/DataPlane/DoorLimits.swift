package import NIOCore

/// Every bound of the transport, with its default. Times are measured on the event loop's clock and are checked every
/// ``sweep``, so that each may be late by that much.
package struct DoorLimits: Sendable {
    /// Bytes of one request's line and headers, names and values added up; beyond, 431 and the connection ends.
    package var head = 64 << 10
    /// Number of headers of one request.
    package var headers = 128
    /// Bytes of a data-plane request's body, unless the rules say otherwise; beyond, 413.
    package var body = 32 << 20
    /// Bytes of a body that goes to the tail; beyond, 413.
    package var tailBody = 32 << 20
    /// Bytes of a refused request's body that are read and thrown away so that the connection survives the refusal.
    package var discard = 64 << 20
    /// Bytes of gathered bodies that the whole node holds, not counting the first 64 KiB of each; beyond, 503.
    package var bodiesInMemory = 1 << 30
    /// Requests that a connection may have sent ahead of the one being answered; beyond, it is not read for a while.
    package var pipelined = 32
    /// Bytes of bodies sent ahead; beyond, the connection is not read for a while.
    package var pipelinedBytes = 256 << 10
    /// Open connections of the node; beyond, 503 and closed.
    package var connections = 10_000
    /// How long a connection may stay open without a request.
    package var idle = TimeAmount.seconds(75)
    /// From the first evidence of a request to its complete head.
    package var headTime = TimeAmount.seconds(10)
    /// From the head to the end of the body.
    package var bodyTime = TimeAmount.seconds(120)
    /// Within this time …
    package var uploadWindow = TimeAmount.seconds(60)
    /// … at least so many bytes of an upload come in that the service has room for.
    package var uploadLeast = 64 << 10
    /// Bytes of an upload for each second that its answer may take longer.
    package var uploadRate = 10 << 20
    /// How long an upload that is answered before its end is read and thrown away, so that its client sees the answer.
    package var uploadLinger = TimeAmount.seconds(15)
    /// From the complete request to the beginning of its answer, and between two chunks of a streamed one. Longer than
    /// any deadline a service sets itself: this one only keeps a lost request from holding its connection for ever.
    package var answer = TimeAmount.seconds(330)
    /// How long a client that has sent its end may wait for an answer before it is taken to have left: no socket tells one
    /// that is gone from one that only has nothing more to say.
    package var departure = TimeAmount.seconds(1)
    /// How long a client may take nothing of what we have written.
    package var writeStall = TimeAmount.seconds(60)
    /// How long we wait for the client's end after ours, so that it sees the last answer rather than a reset.
    package var linger = TimeAmount.seconds(2)
    /// Bytes of a streamed answer on their way to the client at which its producer is told to pause …
    package var streamHigh = 256 << 10
    /// … and at which it is told to go on.
    package var streamLow = 64 << 10
    /// Bytes on their way at which a producer that does not pause loses its client.
    package var streamMost = 32 << 20
    /// How long a WebSocket may live without a request.
    package var socketIdle = TimeAmount.hours(1)
    /// After how much silence a WebSocket's client is asked whether it is there …
    package var socketPing = TimeAmount.seconds(30)
    /// … and how long it may take to say so.
    package var socketPong = TimeAmount.seconds(30)
    /// How often deadlines are looked at.
    package var sweep = TimeAmount.milliseconds(500)

    package init() {}
}
