import NIOCore
import NIOHTTP1
import Vocabulary

/// Answers of ours go out. All of this only writes; it is flushed once, by whoever began the turn.
extension DoorHandler {
    /// The service has answered.
    func deliver(_ request: DoorRequest) {
        guard request === current else { return }
        if let acceptance = request.takeAcceptance() {
            // A tail would go on reading what is no HTTP any more.
            return hasTail ? refuse(.socketTooLate) : becomeSocket(acceptance, request)
        }
        guard let answer = request.takeAnswer() else { return }
        machine.willAnswer()
        loop.note(answer, to: request)
        write(answer)
        endExchange()
        askForFlush()
    }

    var clientAddress: String { context?.channel.remoteAddress?.ipAddress ?? "" }

    /// A streamed answer has something to write.
    func advance(_ stream: DoorStream) {
        guard stream.request === current else { return stream.clientLeft() }
        guard let portion = stream.collect() else { return cut() }
        if self.stream == nil {
            self.stream = StreamProgress(stream: stream)
            machine.willAnswer()
            machine.beginStreaming(now: loop.roughNow)
            if stream.head.saysClose { machine.endAfterAnswer() }
            loop.note(stream.head, to: stream.request)
            write(stream.head)
        }
        machine.progressed(now: loop.roughNow)
        guard writeChunks(portion, of: stream) else { return cut() }
        askForFlush()
        guard portion.isLast else { return }
        self.stream = nil
        endExchange()
    }

    /// - Returns: `false` if the stream is not what its head has promised.
    private func writeChunks(_ portion: DoorStream.Portion, of stream: DoorStream) -> Bool {
        let sent = (self.stream?.sent ?? 0) + portion.byteCount
        self.stream?.sent = sent
        if let length = stream.length, stream.sendsBody, sent > length || portion.isLast && sent != length {
            return false
        }
        if stream.sendsBody {
            for chunk in portion.chunks {
                if stream.isChunked { writeFramed(chunk) } else { writeRaw(chunk) }
            }
            if stream.isChunked && portion.isLast { writeRaw(ByteBuffer(string: "0\r\n\r\n")) }
        }
        guard portion.byteCount > 0, let wire else { return true }
        // An empty write keeps its place in the queue: when it is done, all before it is in the socket's hands.
        let promise = wire.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in stream.written(portion.byteCount) }
        wire.write(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: promise)
        return true
    }

    /// Small chunks are copied into their frame: three pieces of memory for a few bytes would cost more.
    private func writeFramed(_ chunk: ByteBuffer) {
        let size = String(chunk.readableBytes, radix: 16)
        let isSmall = chunk.readableBytes <= 4096
        var frame = ByteBufferAllocator().buffer(capacity: size.utf8.count + 4 + (isSmall ? chunk.readableBytes : 0))
        frame.writeString(size)
        frame.writeStaticString("\r\n")
        if isSmall {
            frame.writeImmutableBuffer(chunk)
            frame.writeStaticString("\r\n")
            writeRaw(frame)
        } else {
            writeRaw(frame)
            writeRaw(chunk)
            writeRaw(ByteBuffer(string: "\r\n"))
        }
    }

    /// Answers in our own name. The exchange is over with it.
    func refuse(_ refusal: DoorRefusal) {
        loop.counters.add(to: .refused)
        loop.counters.door.note(status: Int(refusal.status.code))
        // A request that was handed over keeps its id: the log may tell of it.
        let id = current?.id ?? loop.ids.make()
        let shown = loop.shared.rules.body(of: refusal, for: head, id: id)
        var lines = HeaderLines()
        lines.add("content-type", shown.contentType)
        if refusal.status == .serviceUnavailable { lines.append("retry-after: 1\r\n") }
        let traits = AnswerTraits(
            isHead: facts?.isHead ?? false, isOld: facts?.isOld ?? false,
            keepAlive: facts != nil && !machine.endsAfterAnswer)
        if !traits.keepAlive { machine.endAfterAnswer() }
        let stamp = AnswerStamp(lines: loop.shared.lines, id: id)
        write(AnswerBytes.whole(refusal.status, lines, body: shown.bytes, traits: traits, stamp: stamp))
        endExchange()
    }

    func writeContinue() {
        writeRaw(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
    }

    private func write(_ answer: AnswerBytes) {
        var answer = answer
        if machine.endsAfterAnswer { answer.sayClose() }
        writeRaw(answer.first)
        if let rest = answer.rest { writeRaw(rest) }
    }

    func writeRaw(_ bytes: ByteBuffer) {
        loop.counters.add(bytes.readableBytes, to: .bytesOut)
        needsFlush = true
        wire?.write(NIOAny(IOData.byteBuffer(bytes)), promise: nil)
    }

    private func askForFlush() {
        if needsFlush { loop.flushLater(self) }
    }

    func flushNow() {
        tidySpare()
        guard needsFlush else { return }
        needsFlush = false
        wire?.flush()
    }

    /// An idle connection keeps no body of its last request, nor the read buffer that this was cut from. While the
    /// service still holds the request, only a large one is worth giving up.
    private func tidySpare() {
        guard let size = spare?.body.storageCapacity, size > 0 else { return }
        if isKnownUniquelyReferenced(&spare) {
            spare?.forget()
        } else if size > 16 << 10 {
            spare = nil
        }
    }

    /// The answer is written: on to the next request, or to the connection's end.
    func endExchange() {
        if let request = current {
            current = nil
            request.taker = nil
            request.upload?.end(isWhole: false)
            spare = request
        }
        releaseBody()
        follow(machine.answered(now: loop.roughNow))
    }

    func follow(_ after: ConnectionMachine.After) {
        switch after {
        case .next: pump()
        case .finish: finish()
        case .nothingYet: break
        }
    }
}
