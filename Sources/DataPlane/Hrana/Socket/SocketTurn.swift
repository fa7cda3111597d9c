import NIOCore

/// One of a WebSocket's own requests on its way, and whatever has come of its answer. On the socket's event loop.
final class SocketTurn: AnswerTaker {
    enum Kind: Equatable {
        case hello
        /// - Parameter closes: a `close` comes after the request.
        case pipeline(closes: Bool)
        case cursor
    }

    let id: UInt64
    let kind: Kind
    let startedAt: NIODeadline
    let clientAddress: String
    private weak var socket: HranaSocket?
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

    func deliver(_ request: DoorRequest) {
        guard let answer = request.takeAnswer() else { return }
        request.taker = nil
        socket?.finished(self, answer, answer.body, request)
    }

    func advance(_ stream: DoorStream) {
        guard let socket else {
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
        if isFirst, kind == .cursor { socket.note(stream.head, stream.request) }
        if kind == .cursor && stream.head.status < 300 {
            return socket.advanced(self, bytes, isEnd: portion.isLast)
        }
        gather(bytes, stream, socket, isLast: portion.isLast)
    }

    private func gather(_ bytes: ByteBuffer, _ stream: DoorStream, _ socket: HranaSocket, isLast: Bool) {
        gathered.writeImmutableBuffer(bytes)
        stream.written(bytes.readableBytes)
        if isLast { return socket.finished(self, stream.head, gathered, stream.request) }
        if gathered.readableBytes > Self.most { socket.tooMuch(self) }
    }
}
