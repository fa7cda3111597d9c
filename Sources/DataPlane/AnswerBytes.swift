import NIOCore
import NIOHTTP1

/// What an answer's form depends on besides its content: known when the request was handed over.
struct AnswerTraits: Hashable, Sendable {
    /// HEAD: the head of the answer only, with the length that the body would have had.
    var isHead = false
    var isOld = false
    /// The client lets the connection live on, and so do we as far as is known yet.
    var keepAlive = true

    fileprivate var persistence: AnswerHead.Persistence {
        if !keepAlive { return .close }
        return isOld ? .keepAlive : .implied
    }
}

/// An answer as it goes over the wire, made on whatever thread has it, so that the event loop only writes.
struct AnswerBytes: Sendable {
    /// The head, and the body too if that needed no copy or a small one.
    private(set) var first: ByteBuffer
    private(set) var rest: ByteBuffer?
    private(set) var saysClose: Bool
    let status: Int
    private let headLength: Int

    /// Room that ``DoorRequest/bodyBuffer(capacity:)`` keeps in front of a body for the head.
    static let headRoom = 512
    /// Bodies up to this size are copied behind their head when they left no room for it; larger ones go out as a
    /// second piece.
    private static let copiedBody = 16 << 10

    /// A complete answer.
    static func whole(
        _ status: HTTPResponseStatus, _ lines: HeaderLines, body: consuming ByteBuffer, traits: AnswerTraits,
        stamp: AnswerStamp? = nil
    ) -> AnswerBytes {
        let bodiless = !status.mayHaveResponseBody
        let framing: AnswerHead.Framing = bodiless ? .bare : .length(body.readableBytes)
        let head = AnswerHead.make(
            status, lines, framing: framing, persistence: traits.persistence, stamp: stamp)
        if bodiless || traits.isHead { return AnswerBytes(status, head, body: ByteBuffer(), closes: !traits.keepAlive) }
        return AnswerBytes(status, head, body: body, closes: !traits.keepAlive)
    }

    /// The head of a streamed answer. `length` `nil`: chunks, or for HTTP/1.0 up to the connection's end.
    static func head(
        _ status: HTTPResponseStatus, _ lines: HeaderLines, length: Int?, traits: AnswerTraits,
        stamp: AnswerStamp? = nil
    ) -> AnswerBytes {
        var traits = traits
        let framing: AnswerHead.Framing
        if !status.mayHaveResponseBody {
            framing = .bare
        } else if let length {
            framing = .length(length)
        } else if traits.isOld {
            framing = .bare
            traits.keepAlive = false
        } else {
            framing = .chunked
        }
        let head = AnswerHead.make(
            status, lines, framing: framing, persistence: traits.persistence, stamp: stamp)
        return AnswerBytes(status, head, body: ByteBuffer(), closes: !traits.keepAlive)
    }

    private init(
        _ status: HTTPResponseStatus, _ head: HeaderLines, body: consuming ByteBuffer, closes: Bool
    ) {
        self.status = Int(status.code)
        headLength = head.count
        saysClose = closes
        let start = body.readerIndex - headLength
        if start >= 0 && body.readableBytes > 0 {
            head.withBytes { _ = body.setBytes($0, at: start) }
            body.moveReaderIndex(to: start)
            first = body
            return
        }
        let copied = body.readableBytes <= Self.copiedBody
        first = ByteBufferAllocator().buffer(capacity: headLength + (copied ? body.readableBytes : 0))
        head.withBytes { _ = first.writeBytes($0) }
        if copied { first.writeBuffer(&body) } else { rest = body }
    }

    /// Without the head.
    var body: ByteBuffer {
        if let rest { return rest }
        var body = first
        body.moveReaderIndex(forwardBy: headLength)
        return body
    }

    var byteCount: Int { first.readableBytes + (rest?.readableBytes ?? 0) }

    /// Adds `Connection: close` to an answer that was made before it was known that the connection ends with it.
    /// Rare, so it may copy the head.
    mutating func sayClose() {
        guard !saysClose else { return }
        saysClose = true
        var head = ByteBufferAllocator().buffer(capacity: headLength + 24)
        var old = first
        guard let kept = old.readSlice(length: headLength - 2), old.readSlice(length: 2) != nil else { return }
        head.writeImmutableBuffer(kept)
        head.writeStaticString("connection: close\r\n\r\n")
        // A second piece means that the first one held nothing but the head.
        if rest == nil && old.readableBytes > 0 { rest = old }
        first = head
    }
}
