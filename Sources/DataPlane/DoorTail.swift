package import NIOCore

/// What serves the requests on our port that are not ours, on connections that stay ours.
package protocol DoorTail: Sendable {
    /// Appends its handlers to a connection's pipeline, on the connection's event loop, when the first request comes
    /// that is not ours. They are fed NIO's `HTTPServerRequestPart`s, one request at a time, and write
    /// `HTTPServerResponsePart`s. Order, deadlines, interim answers, persistence headers and the end of the connection
    /// stay with the door.
    func attach(to channel: any Channel) throws
}
