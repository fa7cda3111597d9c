package import NIOCore
import Synchronization

/// The body of a request that is handed over before it has come in: for one consumer at a time, on any thread.
///
/// What is here and not collected is bounded: the client is not read meanwhile. Until somebody wants the body nothing of it is
/// asked for where the client waits to be asked (`Expect: 100-continue`).
package final class DoorUpload: Sendable {
    /// Bytes that may wait before the client is not read …
    static let high = 512 << 10
    /// … and before anybody wants them.
    static let unwanted = 64 << 10

    /// What has come in since the last one.
    package struct Portion: Sendable {
        package var chunks: [ByteBuffer]
        package var byteCount: Int
        package var isLast: Bool
    }

    private enum End { case whole, broken }

    private struct State {
        var waiting: [ByteBuffer] = []
        var byteCount = 0
        var end: End?
        var isWanted = false
        var isFull = false
        var reader: CheckedContinuation<Void, Never>?
        var listener: (@Sendable () -> Void)?
    }

    /// As the head says it; nil for one that comes in chunks.
    package let length: Int?
    private let state = Mutex(State())

    init(length: Int?) { self.length = length }

    // MARK: The event loop

    /// - Returns: whether no more is to be read for now.
    func push(_ chunk: ByteBuffer) -> Bool {
        let isFull = state.withLock { state in
            guard state.end == nil else { return false }
            state.waiting.append(chunk)
            state.byteCount += chunk.readableBytes
            state.isFull = state.byteCount >= (state.isWanted ? Self.high : Self.unwanted)
            return state.isFull
        }
        tell()
        return isFull
    }

    /// - Parameter isWhole: else the client is gone, or its body is not to come.
    func end(isWhole: Bool) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = isWhole ? .whole : .broken
            if !isWhole { (state.waiting, state.byteCount) = ([], 0) }
        }
        tell()
    }

    private func tell() {
        let (reader, listener) = state.withLock { state in
            defer { state.reader = nil }
            return (state.reader, state.listener)
        }
        reader?.resume()
        listener?()
    }

    // MARK: The consumer

    /// Nothing of it was collected: whoever wants it may still be another node.
    package var isUntouched: Bool { state.withLock { !$0.isWanted } }

    /// - Returns: whether the client is to be asked for it, or read on.
    func want() -> Bool {
        state.withLock { state in
            // Later it is `collect` that says so: who forgot here that it is full would leave the client unread for ever.
            guard !state.isWanted else { return false }
            (state.isWanted, state.isFull) = (true, false)
            return true
        }
    }

    /// The closure is called when something has come, on the event loop; it must not block. Nil forgets it, and breaks the circle of
    /// references.
    func listen(_ listener: (@Sendable () -> Void)?) { state.withLock { $0.listener = listener } }

    /// - Returns: nil where the client is gone; a portion of nothing where nothing has come. And whether the client may be read on.
    func collect() -> (portion: Portion?, hasRoom: Bool) {
        state.withLock { state in
            guard state.end != .broken else { return (nil, false) }
            let portion = Portion(chunks: state.waiting, byteCount: state.byteCount, isLast: state.end == .whole)
            let wasFull = state.isFull
            (state.waiting, state.byteCount, state.isFull) = ([], 0, false)
            return (portion, wasFull)
        }
    }

    /// Until something has come, or nothing will.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.byteCount > 0 || state.end != nil { return true }
                precondition(state.reader == nil, "an upload has one consumer")
                state.reader = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

extension DoorRequest {
    /// The client may send its body. Any thread.
    package func wantBody() {
        guard let upload, upload.want() else { return }
        mailbox.eventLoop.execute { [self] in taker?.uploadHasRoom(self) }
    }

    /// What has come of the body, without waiting.
    ///
    /// - Returns: nil where the client is gone.
    func collectBody() -> DoorUpload.Portion? {
        guard let upload else { return nil }
        let (portion, hasRoom) = upload.collect()
        if hasRoom { mailbox.eventLoop.execute { [self] in taker?.uploadHasRoom(self) } }
        return portion
    }

    /// The next part of the body, as soon as there is one.
    ///
    /// - Returns: nil where the client is gone.
    package func nextOfBody() async -> DoorUpload.Portion? {
        wantBody()
        await upload?.wait()
        return collectBody()
    }
}
