import NIOCore
import NIOWebSocket

/// What goes out.
extension SocketHandler: SocketPort {
    var now: NIODeadline { loop.roughNow }
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func send(_ message: ByteBuffer, isText: Bool) {
        guard phase == .open else { return }
        clock.used(loop.roughNow)
        write(isText ? .text : .binary, message)
    }

    func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        loop.counters.add(payload.readableBytes + 2, to: .bytesOut)
        needsFlush = true
        context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: payload)), promise: promise)
        guard !isInFlushList else { return }
        isInFlushList = true
        loop.flushLater(self)
    }

    func flushNow() {
        isInFlushList = false
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall = WriteStall()
        guest.writabilityChanged(context.channel.isWritable)
        if context.channel.isWritable {
            inputMayGoOn()
            flushNow()
        }
        context.fireChannelWritabilityChanged()
    }

    func sendPong() {
        guard phase == .open, let context, let payload = pongs.next() else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        // The next one not from within the flush that this one has left with.
        promise.futureResult.assumeIsolated().whenSuccess { [self] in
            pongs.sent()
            loop.eventLoop.assumeIsolated().execute { [self] in
                sendPong()
                flushNow()
            }
        }
        write(.pong, payload, promise: promise)
    }

    // MARK: The node's budget

    func hold(_ bytes: Int) -> Bool {
        guard phase == .open else { return true }
        guard share.hold(bytes + unsentBytes) else { return false }
        guestBytes = bytes
        return true
    }

    /// What the client does not take counts as well.
    func holdUnsent() {
        if !share.hold(guestBytes + unsentBytes) { close(.overloaded) }
    }

    private var unsentBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: The end

    func close(_ reason: SocketClose) {
        guard phase == .open else { return }
        phase = .closing
        framing = SocketFraming(messageBytes: messageBytes)
        parts.giveBack()
        guest.ended()
        guestBytes = 0
        sendClose(reason)
        // Its answer, or its end, must be seen.
        heldRead = false
        context?.read()
    }

    /// Answers are before it, and the client may be slow: its time to end begins when it has all of them.
    private func sendClose(_ reason: SocketClose) {
        guard let context else { return }
        var payload = ByteBuffer()
        payload.writeInteger(reason.code)
        payload.writeString(reason.reason)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            if case .failure = result { return cut() }
            isCloseSent = true
            clock.closing(loop.roughNow)
            endOutputIfDone()
        }
        write(.connectionClose, payload, promise: promise)
        flushNow()
    }

    /// When both have said that they end. The client closes when it has read ours; closing first could overtake it.
    func endOutputIfDone() {
        guard phase == .closing, clientIsDone, isCloseSent, !isOutputEnded, let context else { return }
        isOutputEnded = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { [self] _ in cut() }
        context.close(mode: .output, promise: promise)
    }
}
