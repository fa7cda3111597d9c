import NIOCore

/// One of a WebSocket's own requests on its way, and whatever has come of its answer. On the socket's event loop.
final class SocketTurn: AnswerTaker {
    enum Kind: Equatable {
        case hello
        /// - Parameter closes: a `close` comes after the request.
        case pipeline(AnswerEncoding, closes: Bool)
        case cursor(AnswerEncoding)
    }

    let id: UInt64
    let kind: Kind
    let startedAt: NIODeadline
    let clientAddress: String
    /// What was asked.
    var errand: SocketErrand?
    private weak var socket: HranaSocket?
    /// Set when nobody waits for the answer any more; what it has opened is closed by this.
    private var executor: SocketExecutor?
    /// Until the answer is here.
    weak var request: DoorRequest?
    private(set) var stream: DoorStream?
    /// Of an answer that comes in pieces and is wanted whole.
    private var gathered = ByteBuffer()
    /// Bytes of it, at most: more than any node answers a pipeline with.
    private static let most = 64 << 20

    init(_ id: UInt64, _ kind: Kind, of socket: HranaSocket, from address: String, at now: NIODeadline) {
        self.id = id
        self.kind = kind
        self.socket = socket
        clientAddress = address
        startedAt = now
    }

    var isCursor: Bool { if case .cursor = kind { true } else { false } }

    func deliver(_ request: DoorRequest) {
        guard let answer = request.takeAnswer() else { return }
        request.taker = nil
        if let executor { return executor.close(answer, of: self) }
        socket?.finished(self, answer, answer.body, request)
    }

    /// Messages come whole.
    func uploadHasRoom(_ request: DoorRequest) {}

    func advance(_ stream: DoorStream) {
        guard let socket, executor == nil else {
            stream.request.taker = nil
            return stream.clientLeft()
        }
        let isFirst = self.stream == nil
        self.stream = stream
        guard let portion = stream.collect() else {
            stream.request.taker = nil
            return socket.lost(self)
        }
        if portion.isLast { stream.request.taker = nil }
        var bytes = ByteBuffer()
        for chunk in portion.chunks {
            if bytes.readableBytes == 0 { bytes = chunk } else { bytes.writeImmutableBuffer(chunk) }
        }
        if isFirst, isCursor { socket.note(stream.head, stream.request) }
        if isCursor && stream.head.status < 300 {
            return socket.advanced(self, bytes, isEnd: portion.isLast)
        }
        gather(bytes, stream, socket, isLast: portion.isLast)
    }

    /// Nobody waits any more. The client may have left in the moment between a program's end and its answer.
    func leave(_ executor: SocketExecutor) {
        guard kind != .hello else { return }
        self.executor = executor
    }

    private func gather(_ bytes: ByteBuffer, _ stream: DoorStream, _ socket: HranaSocket, isLast: Bool) {
        gathered.writeImmutableBuffer(bytes)
        stream.written(bytes.readableBytes)
        if isLast { return socket.finished(self, stream.head, gathered, stream.request) }
        if gathered.readableBytes > Self.most { socket.tooMuch(self) }
    }
}
