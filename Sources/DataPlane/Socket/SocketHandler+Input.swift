import NIOCore
import NIOWebSocket

/// What comes in.
extension SocketHandler {
    /// Of the next message, at most.
    var messageBytes: Int { min(limits.body, guest.messageBytes) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard phase == .open else {
            // Ours was sent; the client's is all that is waited for.
            if frame.opcode == .connectionClose { clientIsDone = true }
            return
        }
        framing.messageBytes = messageBytes
        act(framing.take(frame))
    }

    private func act(_ event: SocketFraming.Event) {
        switch event {
        case .nothing: if !holdPart(0) { close(.overloaded) }
        case .pong: break
        case .ping(let payload):
            pongs.pinged(payload)
            sendPong()
        case .message(let message, let isText):
            parts.giveBack()
            clock.partial(false, loop.roughNow)
            clock.used(loop.roughNow)
            guest.received(message, isText: isText)
        case .close(let code):
            clientIsDone = true
            close(SocketClose(code ?? 1000, ""))
        case .violation(let reason): close(reason)
        }
    }

    /// What there is of large messages counts as bodies do.
    ///
    /// - Parameter frame: bytes of a frame that is not whole.
    func holdPart(_ frame: Int) -> Bool { phase != .closed && parts.hold(framing.heldBytes + frame) }

    /// Bytes have come.
    func heard(isPartial: Bool) {
        clock.heard(loop.roughNow)
        isFramePartial = isPartial
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        clock.partial(isFramePartial || framing.isGathering, loop.roughNow)
        flushNow()
        endOutputIfDone()
    }

    private var holdsInput: Bool { phase == .open && !(guest.takesInput && isWritable) }

    func read(context: ChannelHandlerContext) {
        if holdsInput { heldRead = true } else { context.read() }
    }

    func inputMayGoOn() {
        guard heldRead, !holdsInput, let context else { return }
        heldRead = false
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard phase == .open else {
            // What comes behind that which the decoder has refused is thrown away, so that the client sees why.
            return error is ByteToMessageDecoderError ? () : cut()
        }
        switch error {
        case let error as NIOWebSocketError:
            close(error == .invalidFrameLength ? .tooLarge : .frameInvalid)
        case let reason as SocketClose: close(reason)
        default: cut()
        }
        flushNow()
    }

    /// No close frame will come any more: the client is gone, or as good as gone, unless it has sent one before.
    func inputEnded() {
        let hasClosed = clientIsDone
        clientIsDone = true
        if phase == .closing, hasClosed, !isCloseSent { return }
        cut()
    }
}
