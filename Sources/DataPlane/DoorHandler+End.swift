import NIOCore
import NIOHTTP1

/// How a connection ends.
extension DoorHandler {
    /// The last answer is written. When it is sent, our side is shut, and the client has a moment to shut its own: a
    /// socket closed with unread input would send a reset, which may overtake the answer.
    func finish() {
        guard !isFinished, let wire, let context else { return }
        isFinished = true
        machine.finish(now: loop.roughNow)
        backlog.removeAll()
        needsFlush = false
        let promise = wire.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            guard machine.phase == .finishing else { return }
            if case .failure = result { return cut() }
            if inputEnded { return cut() }
            shutOutput(context)
        }
        wire.writeAndFlush(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: promise)
    }

    private func shutOutput(_ context: ChannelHandlerContext) {
        machine.linger(now: loop.roughNow)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { [self] _ in cut() }
        context.close(mode: .output, promise: promise)
        // Whatever held reading back, the client's end must be seen.
        context.read()
    }

    /// The client has sent its end: what it sent before is answered, then it is over.
    func afterInputEnded() {
        switch machine.phase {
        case .idle:
            if backlog.isEmpty { finish() }
        case .tail:
            if machine.requestComplete {
                if backlog.isEmpty { tellTailOfEnd() }
            } else if backlog.isEmpty {
                finish()
            }
        case .collecting, .discarding:
            // The rest of the body will never come; answers before it still go out.
            if backlog.isEmpty { finish() }
        case .receiving:
            // What the backlog holds may be the rest of it.
            if backlog.isEmpty { cut() }
        case .lingering:
            cut()
        case .waiting, .streaming, .finishing, .closed:
            break
        }
    }

    private func tellTailOfEnd() {
        guard hasTail, !toldTailOfEnd, let context else { return }
        toldTailOfEnd = true
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// Graceful shutdown: what is in flight is answered with `Connection: close`.
    func quiesce() {
        // Accepted this very moment and not active yet: what is flushed now would never be sent, and its end never come.
        guard context?.channel.isActive == true else { return cut() }
        let hasNothingToDo = machine.quiesce()
        if hasNothingToDo && backlog.isEmpty { finish() }
    }

    /// Ends the connection now, whatever is going on.
    func cut() {
        guard machine.phase != .closed, let context else { return }
        context.close(mode: .all, promise: nil)
    }

    var isInExchange: Bool { machine.isOurs || machine.phase == .tail }

    func sweep() {
        if let channel = context?.channel, stall.isTooLong(channel, now: loop.roughNow, limits.writeStall) {
            return cut()
        }
        switch machine.overdue(now: loop.roughNow, headSince: headSince) {
        case nil: break
        case .close where machine.phase == .idle: finish()
        case .close, .cut: cut()
        case .refuse(let refusal):
            refuseLate(refusal)
            flushNow()
        }
    }

    /// An answer in place of one that did not come, or to a request that did not. It is the last one.
    func refuseLate(_ refusal: DoorRefusal) {
        machine.willAnswer()
        machine.endAfterAnswer()
        if let request = current {
            guard request.take() else {
                // Answered this very moment.
                return
            }
            request.cancel()
            loop.shared.service.cancelled(request)
        }
        if machine.phase == .idle {
            facts = nil
            head = nil
        }
        refuse(refusal)
    }
}
