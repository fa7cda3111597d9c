import NIOCore
import NIOHTTP1
import Vocabulary

/// Requests that are not ours, and what the tail sends and asks for.
extension DoorHandler {
    func beginTail(_ head: HTTPRequestHead) {
        guard let context else { return }
        loop.counters.add(to: .tail)
        tailArrival = nil
        if !hasTail {
            do {
                try loop.shared.tail.attach(to: context.channel)
                hasTail = true
            } catch {
                return refuse(.busy)
            }
        }
        forwardToTail(.head(head))
    }

    func forwardToTail(_ part: HTTPServerRequestPart) {
        guard let context else { return }
        // The tail delivers what it was given only when a read completes, and parts from the backlog belong to none.
        tailNeedsReadComplete = true
        context.fireChannelRead(wrapInboundOut(part))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard machine.phase == .tail else {
            // We have answered in its place, or the connection is at its end.
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head): writeTailHead(head, context, promise)
        case .body(let chunk): writeTailBody(chunk, context, promise)
        case .end(let trailers): writeTailEnd(trailers, context, promise)
        }
    }

    private func writeTailHead(
        _ original: HTTPResponseHead, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        var head = original
        let isOld = facts?.isOld ?? false
        if (100..<200).contains(head.status.code) {
            // HTTP/1.0 knows no interim answers, and an upgrade that the tail might grant we have declined.
            let drop = isOld || head.status == .switchingProtocols
            if drop { promise?.succeed() } else { context.write(wrapOutboundOut(.head(head)), promise: promise) }
            return
        }
        machine.tailBegan(now: loop.roughNow)
        loop.counters.control.note(status: Int(head.status.code))
        let waited = tailArrival.map { loop.now - $0 } ?? .zero
        loop.counters.control.durations.note(nanoseconds: UInt64(max(0, waited.nanoseconds)))
        if isOld {
            head.version = .http1_0
            if !head.headers.contains(name: "content-length") && head.status.mayHaveResponseBody {
                machine.endAfterAnswer()
            }
        }
        if head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "close" }) {
            machine.endAfterAnswer()
        }
        if machine.endsAfterAnswer {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if isOld {
            head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
        }
        hidesTailBody = (facts?.isHead ?? false) || !head.status.mayHaveResponseBody
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// Bytes behind a head that has no body would be taken for the next answer.
    private func writeTailBody(
        _ chunk: IOData, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        guard !hidesTailBody else {
            promise?.succeed()
            return
        }
        machine.progressed(now: loop.roughNow)
        loop.counters.add(chunk.readableBytes, to: .bytesOut)
        context.write(wrapOutboundOut(.body(chunk)), promise: promise)
    }

    private func writeTailEnd(
        _ trailers: HTTPHeaders?, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        if hidesTailBody {
            // NIO's encoder does not know the method: for HEAD it would send a last chunk.
            wire?.write(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: promise)
        } else {
            context.write(wrapOutboundOut(.end(trailers)), promise: promise)
        }
        needsFlush = true
        settleTail(machine.tailEnded(now: loop.roughNow))
    }

    func settleTail(_ after: ConnectionMachine.After) {
        follow(after)
    }

    func flush(context: ChannelHandlerContext) {
        needsFlush = false
        context.flush()
    }

    /// The tail wants to close. It may not while an exchange of ours is going on, nor cut its own last answer off.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .input:
            context.close(mode: .input, promise: promise)
        case .output, .all:
            if machine.isOurs {
                machine.endAfterAnswer()
                promiseClose(context, mode, promise)
            } else if machine.phase == .idle {
                finish()
                promiseClose(context, mode, promise)
            } else if machine.phase == .lingering {
                promiseClose(context, mode, promise)
            } else {
                context.close(mode: .all, promise: promise)
            }
        }
    }

    private func promiseClose(_ context: ChannelHandlerContext, _ mode: CloseMode, _ promise: EventLoopPromise<Void>?) {
        guard let promise else { return }
        if mode == .all { context.channel.closeFuture.cascade(to: promise) } else { promise.succeed() }
    }
}
