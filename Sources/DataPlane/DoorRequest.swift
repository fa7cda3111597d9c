package import NIOCore
package import NIOHTTP1
import Synchronization

/// One complete data-plane request, and the way to answer it.
///
/// What can be read here is constant from the hand-over on, so any thread may read it. It is answered once, by whoever
/// comes first: with ``respond(_:lines:body:isOurs:)``, or with ``beginStream(_:lines:length:isOurs:onWritable:)``.
///
/// The object is used again for the connection's next request, but only when nobody else holds it any more: who keeps
/// one too long costs an allocation, and can never answer somebody else's request.
// Unchecked: the event loop writes the fields before the hand-over and after the last reference from outside is gone;
// `prepared` is written by the one thread that won `taken`, and read by the loop after the mailbox's lock.
package final class DoorRequest: @unchecked Sendable {
    /// As it came. An absolute target has been reduced to its path.
    package private(set) var head: HTTPRequestHead
    package private(set) var body: ByteBuffer
    /// When the request was complete.
    package private(set) var arrival: NIODeadline
    /// Told to the client in the answer.
    package private(set) var id: RequestNumber
    /// A place for the service's own reusable object, kept from one request of the connection to the next. Only for
    /// the event loop.
    package var companion: (any Sendable & AnyObject)?

    let mailbox: AnswerMailbox
    private(set) var traits: AnswerTraits
    /// Only for the event loop; `nil` once the exchange is over, which also breaks the circle of references.
    var taker: (any AnswerTaker)?
    /// Its body, where it is handed over before that has come in; `body` is empty then. Set before the hand-over.
    package internal(set) var upload: DoorUpload?
    /// What a request is for that came over no HTTP: whoever asks itself has put it there, before the hand-over.
    var errand: (any AnyObject & Sendable)?
    /// What is held for an errand until it is answered, in bytes.
    var errandBytes = 0
    /// For the answer's pieces, where they are not the door's; set before the hand-over.
    var streamBounds: StreamBounds?
    private var acceptance: SocketAcceptance?
    private var prepared: AnswerBytes?
    /// Its tenant was made for it. One task at a time knows the request while that may change.
    var isCreated = false
    /// How often it was sent to an owner elsewhere. Only for the event loop.
    var relayTries: UInt8 = 0
    private let taken = Atomic<Bool>(false)
    private let gone = Atomic<Bool>(false)
    private let held = Atomic<Int>(0)
    private let canceller = Mutex<(any DoorCanceller)?>(nil)

    init(
        head: HTTPRequestHead, body: ByteBuffer, arrival: NIODeadline, id: RequestNumber, traits: AnswerTraits,
        mailbox: AnswerMailbox
    ) {
        self.head = head
        self.id = id
        self.body = body
        self.arrival = arrival
        self.traits = traits
        self.mailbox = mailbox
    }

    /// Bytes of the request that are held while it waits, wherever it came from.
    package var heldBytes: Int { max(body.readableBytes, errandBytes) }

    /// Lets go of what an idle connection should not hold. Only while nobody else holds the object.
    func forget() {
        body = ByteBuffer()
        upload = nil
    }

    /// Holds are few: a request that is held again and again is refused instead.
    package static let holds = 64

    /// Counts one more hold of this request. Any thread.
    ///
    /// - Returns: false where it was held often enough.
    package func mayBeHeld() -> Bool { held.add(1, ordering: .relaxed).newValue <= Self.holds }

    /// Whether the caller runs on the request's event loop, where `companion` may be used.
    package var isOnItsLoop: Bool { mailbox.eventLoop.inEventLoop }

    /// Where the client is, for slowing down guesses; empty where the connection is gone. Only for the event loop.
    package var clientAddress: String {
        isOnItsLoop ? taker?.clientAddress ?? "" : ""
    }

    /// Only while nobody else holds the object.
    func renew(head: HTTPRequestHead, body: ByteBuffer, arrival: NIODeadline, id: RequestNumber, traits: AnswerTraits) {
        self.head = head
        self.id = id
        self.body = body
        self.arrival = arrival
        self.traits = traits
        prepared = nil
        upload = nil
        isCreated = false
        relayTries = 0
        taken.store(false, ordering: .relaxed)
        gone.store(false, ordering: .relaxed)
        held.store(0, ordering: .relaxed)
        forgetCanceller()
    }

    /// The client is gone, or the door has answered in our place: work for this request is for nothing.
    package var isCancelled: Bool { gone.load(ordering: .acquiring) }

    /// Who is told when the request is cancelled; at once if it is. Any thread. The request holds it until it is used
    /// again or told to forget it.
    package func onCancel(_ newer: any DoorCanceller) {
        canceller.withLock { $0 = newer }
        if isCancelled { newer.cancel() }
    }

    package func forgetCanceller() { canceller.withLock { $0 = nil } }

    func cancel() {
        gone.store(true, ordering: .releasing)
        upload?.end(isWhole: false)
        canceller.withLock { $0 }?.cancel()
    }

    /// `true` for the first who asks: that one answers.
    func take() -> Bool {
        taken.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }

    func prepare(
        _ status: HTTPResponseStatus, _ lines: HeaderLines, body: consuming ByteBuffer, isOurs: Bool
    ) -> Bool {
        guard take() else { return false }
        prepared = AnswerBytes.whole(status, lines, body: body, traits: traits, stamp: isOurs ? stamp : nil)
        return true
    }

    /// Makes the connection a WebSocket. From any thread.
    ///
    /// - Returns: `false` if the request was answered before; then nothing happens.
    @discardableResult
    func accept(_ acceptance: SocketAcceptance) -> Bool {
        guard take() else { return false }
        self.acceptance = acceptance
        mailbox.post(.answer(self))
        return true
    }

    /// On the event loop.
    func takeAcceptance() -> SocketAcceptance? {
        defer { acceptance = nil }
        return acceptance
    }

    /// Gives a request of one's own the form in which it can go over HTTP. Before it is relayed.
    func write(_ head: HTTPRequestHead, _ body: ByteBuffer) {
        self.head = head
        self.body = body
    }

    private var stamp: AnswerStamp { AnswerStamp(lines: mailbox.lines, id: id) }

    /// On the event loop.
    func takeAnswer() -> AnswerBytes? {
        defer { prepared = nil }
        return prepared
    }
}

extension DoorRequest {
    /// An empty buffer with room in front for the answer's head. A body written into it goes out without being copied.
    package static func bodyBuffer(capacity: Int = 1024) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: AnswerBytes.headRoom + capacity)
        buffer.moveWriterIndex(to: AnswerBytes.headRoom)
        buffer.moveReaderIndex(to: AnswerBytes.headRoom)
        return buffer
    }

    /// Answers, from any thread. Length and persistence headers are the door's, and so is what this node says of itself;
    /// all others, content type included, go out exactly as given.
    ///
    /// - Parameter isOurs: false for another node's answer, which has that node's own stamp.
    /// - Returns: `false` if the request was answered before; then nothing happens.
    @discardableResult
    package func respond(
        _ status: HTTPResponseStatus, lines: HeaderLines = HeaderLines(), body: consuming ByteBuffer = ByteBuffer(),
        isOurs: Bool = true
    ) -> Bool {
        guard prepare(status, lines, body: body, isOurs: isOurs) else { return false }
        mailbox.post(.answer(self))
        return true
    }

    @discardableResult
    package func respond(
        _ status: HTTPResponseStatus, headers: [(String, String)], body: consuming ByteBuffer = ByteBuffer()
    ) -> Bool {
        respond(status, lines: HeaderLines(headers), body: body)
    }

    /// Begins an answer whose body comes in pieces. The head goes out with the next wake-up, before any chunk.
    /// - Parameters:
    ///   - length: Bytes of the whole body, if known; an answer that turns out shorter or longer is cut off, so that no
    ///     client takes it for complete. Without it the body is sent in chunks.
    ///   - onWritable: called on the event loop when a producer that was told to pause may go on, and when its client
    ///     is gone. Must not block.
    /// - Returns: `nil` if the request was answered before.
    package func beginStream(
        _ status: HTTPResponseStatus, lines: HeaderLines = HeaderLines(), length: Int? = nil, isOurs: Bool = true,
        onWritable: (@Sendable () -> Void)? = nil
    ) -> DoorStream? {
        guard take() else { return nil }
        let head = AnswerBytes.head(status, lines, length: length, traits: traits, stamp: isOurs ? stamp : nil)
        let sendsBody = status.mayHaveResponseBody && !traits.isHead
        let stream = DoorStream(
            request: self, head: head, length: length, sendsBody: sendsBody, onWritable: onWritable)
        mailbox.post(.stream(stream))
        return stream
    }
}
