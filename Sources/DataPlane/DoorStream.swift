package import NIOCore
import Synchronization

/// The body of an answer that is made while it is sent. For one producer at a time, on any thread.
///
/// Memory is bounded by the producer's good manners, and failing these by force: ``send(_:)`` says when to pause, and
/// one that goes on regardless loses its client at ``DoorLimits/streamMost``.
package final class DoorStream: Sendable {
    package enum Verdict: Sendable {
        case goOn
        /// The chunk is taken, but the client is slow: send no more until `onWritable`.
        case pause
        /// The client is gone; the chunk went nowhere, and so will all others.
        case gone
    }

    fileprivate struct State {
        var waiting: [ByteBuffer] = []
        /// Bytes handed in that the socket has not taken yet.
        var onTheirWay = 0
        var isPaused = false
        var isPosted = true
        var isEnded = false
        var isGone = false
        var writer: CheckedContinuation<Bool, Never>?
    }

    /// What the event loop is to write next.
    struct Portion {
        var chunks: [ByteBuffer]
        var byteCount: Int
        var isLast: Bool
    }

    let request: DoorRequest
    let head: AnswerBytes
    let length: Int?
    /// `false` for HEAD, and for statuses without a body: chunks are taken and dropped, so they need not be made.
    package let sendsBody: Bool
    var isChunked: Bool { length == nil && !request.traits.isOld }
    private let onWritable: (@Sendable () -> Void)?
    private let state = Mutex(State())
    private let bounds: StreamBounds

    init(
        request: DoorRequest, head: AnswerBytes, length: Int?, sendsBody: Bool, onWritable: (@Sendable () -> Void)?
    ) {
        self.request = request
        self.head = head
        self.length = length
        self.sendsBody = sendsBody
        self.onWritable = onWritable
        bounds = request.streamBounds ?? request.mailbox.streamBounds
    }

    /// Hands one chunk over. Never blocks.
    @discardableResult
    package func send(_ chunk: ByteBuffer) -> Verdict {
        let (verdict, post) = state.withLock { $0.take(chunk, bounds) }
        if post { request.mailbox.post(.stream(self)) }
        return verdict
    }

    /// Hands one chunk over and waits while the client is slow.
    /// - Returns: `false` when the client is gone.
    package func write(_ chunk: ByteBuffer) async -> Bool {
        switch send(chunk) {
        case .goOn: true
        case .gone: false
        case .pause: await untilWritable()
        }
    }

    /// False from a `pause` until `onWritable`: for a producer that wants to know whether it was called in between.
    package var isWritable: Bool { state.withLock { !$0.isPaused || $0.isGone } }

    /// The body is complete.
    package func end() {
        let post = state.withLock { state in
            guard !state.isGone, !state.isEnded else { return false }
            state.isEnded = true
            return state.claimPost()
        }
        if post { request.mailbox.post(.stream(self)) }
    }

    /// The body cannot be completed: the connection is cut, which is how HTTP says that an answer is not whole.
    package func abort() {
        leave()
        request.mailbox.post(.stream(self))
    }

    private func untilWritable() async -> Bool {
        await withCheckedContinuation { continuation in
            let verdict: Bool? = state.withLock { state in
                if state.isGone { return false }
                if !state.isPaused { return true }
                precondition(state.writer == nil, "a stream has one producer")
                state.writer = continuation
                return nil
            }
            if let verdict { continuation.resume(returning: verdict) }
        }
    }
}

extension DoorStream {
    /// On the event loop. `nil`: the stream was aborted, or its client is gone.
    func collect() -> Portion? {
        state.withLock { state in
            state.isPosted = false
            guard !state.isGone else { return nil }
            var chunks: [ByteBuffer] = []
            swap(&chunks, &state.waiting)
            let bytes = chunks.reduce(0) { $0 + $1.readableBytes }
            return Portion(chunks: chunks, byteCount: bytes, isLast: state.isEnded)
        }
    }

    /// On the event loop: the socket has taken so many bytes.
    func written(_ count: Int) {
        let (isWritable, writer) = state.withLock { state -> (Bool, CheckedContinuation<Bool, Never>?) in
            state.onTheirWay -= count
            guard state.isPaused, state.onTheirWay <= bounds.low, !state.isGone else { return (false, nil) }
            state.isPaused = false
            defer { state.writer = nil }
            return (true, state.writer)
        }
        writer?.resume(returning: true)
        if isWritable { onWritable?() }
    }

    /// The client is gone.
    func clientLeft() {
        if leave() { onWritable?() }
    }

    /// - Returns: whether there was somebody to tell.
    @discardableResult
    private func leave() -> Bool {
        let (isNew, writer) = state.withLock { state -> (Bool, CheckedContinuation<Bool, Never>?) in
            guard !state.isGone else { return (false, nil) }
            state.isGone = true
            state.waiting = []
            defer { state.writer = nil }
            return (!state.isEnded, state.writer)
        }
        writer?.resume(returning: false)
        return isNew
    }
}

extension DoorStream.State {
    fileprivate mutating func take(_ chunk: ByteBuffer, _ bounds: StreamBounds) -> (DoorStream.Verdict, Bool) {
        guard !isGone else { return (.gone, false) }
        precondition(!isEnded, "a chunk after the end of its stream")
        guard chunk.readableBytes > 0 else { return (isPaused ? .pause : .goOn, false) }
        if onTheirWay > bounds.most {
            isGone = true
            waiting = []
            return (.gone, true)
        }
        waiting.append(chunk)
        onTheirWay += chunk.readableBytes
        if onTheirWay >= bounds.high { isPaused = true }
        return (isPaused ? .pause : .goOn, claimPost())
    }

    fileprivate mutating func claimPost() -> Bool {
        defer { isPosted = true }
        return !isPosted
    }
}

/// The three marks of ``DoorLimits``, in bytes.
struct StreamBounds: Sendable {
    let high: Int
    let low: Int
    let most: Int
}
