import NIOCore
import NIOHTTP1

/// What speaks on a WebSocket that the door has opened. Everything here happens on the connection's event loop.
protocol SocketGuest: AnyObject, Sendable {
    /// Once, before anything else.
    func opened(_ port: any SocketPort)

    /// A whole message.
    func received(_ message: ByteBuffer, isText: Bool)

    /// Bytes that its next message may have, as far as it matters to the guest.
    var messageBytes: Int { get }

    /// Whether more input may come now. Asked again when the port hears `inputMayGoOn`.
    var takesInput: Bool { get }

    /// Something is under way for the client.
    var isBusy: Bool { get }

    /// The client takes what is written, or does not for a while: until then nothing new should be begun for it.
    func writabilityChanged(_ isWritable: Bool)

    /// The node is shutting down: what is under way ends, nothing new begins, then the port is closed.
    func quiesce()

    func sweep(now: NIODeadline)

    /// Nobody will read or send anything any more. Once.
    func ended()
}

/// A WebSocket as its guest sees it. On its event loop.
protocol SocketPort: AnyObject {
    /// Sends one message. It is flushed with whatever else this turn of the loop writes.
    func send(_ message: ByteBuffer, isText: Bool)

    /// Sends a close frame and ends the connection when the client has had time to read it. What comes in is not looked at.
    func close(_ reason: SocketClose)

    /// `takesInput` has become true.
    func inputMayGoOn()

    /// So many bytes are held of what the client has sent. They count among the node's bodies, and so does what the
    /// client does not take of what was written.
    ///
    /// - Returns: `false` if the node holds as many as it may; then it is as before.
    func hold(_ bytes: Int) -> Bool

    var isWritable: Bool { get }

    /// Time as sweeps count it.
    var now: NIODeadline { get }

    /// A request of the guest's own, which goes the way of one that came over HTTP.
    ///
    /// - Parameters:
    ///   - bytes: that are held for it until it is answered.
    ///   - taker: who gets its answer.
    ///   - bounds: for an answer that comes in pieces.
    func ask(
        _ head: HTTPRequestHead, for errand: any AnyObject & Sendable, bytes: Int, answer taker: any AnswerTaker,
        pausing bounds: StreamBounds
    ) -> DoorRequest

    /// Nobody waits for that request any more. If an answer was made before this was heard, its taker still gets it,
    /// unless it has got a part of it.
    func abandon(_ request: DoorRequest, _ stream: DoorStream?)

    func note(_ answer: AnswerBytes, to request: DoorRequest)
}

/// Who gets the answer to a request. On the request's event loop.
protocol AnswerTaker: AnyObject {
    func deliver(_ request: DoorRequest)
    func advance(_ stream: DoorStream)
    /// More of the request's body may come. Only where there is one that comes after its head.
    func uploadHasRoom(_ request: DoorRequest)
    /// Where the client is, as text.
    var clientAddress: String { get }
}

/// A connection as its event loop sees it.
protocol DoorMember: AnyObject {
    /// In the middle of an exchange.
    var isInExchange: Bool { get }
    func sweep()
    func flushNow()
    /// Graceful shutdown: ends when what is in flight is answered.
    func quiesce()
    /// Ends now.
    func cut()
}

/// A request that asks for a WebSocket, granted.
struct SocketAcceptance: Sendable {
    let guest: any SocketGuest
    /// Named in the answer; nil where the client has named none.
    let subprotocol: String?
}
