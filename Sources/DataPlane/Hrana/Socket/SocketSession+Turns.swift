import Hrana
import NIOCore

/// What runs for streams.
extension SocketSession {
    /// Starts what can be started on a stream.
    mutating func advance(_ key: UInt64) {
        while isWritable, phase != .over, var stream = streams[key], stream.turn == nil, !stream.isHeld,
            let step = stream.steps.first
        {
            stream.steps.removeFirst()
            streams[key] = stream
            switch step {
            case .run(let asked, _) where stream.isBroken: fail(asked, .streamNotOpen)
            case .run(let asked, let request): start(request, asked, on: key)
            case .openCursor(let cursor, _) where stream.isBroken: failCursor(cursor, .streamNotOpen)
            case .openCursor(let cursor, let batch):
                let bytes = cursors[cursor]?.opening.bytes ?? 0
                let turn = start(.cursor(batch), stream.baton, for: .cursor(cursor, batch), bytes: bytes)
                cursors[cursor]?.turn = turn
                streams[key]?.turn = turn
            case .settle:
                guard let baton = stream.baton, !stream.isBroken else { continue }
                let turn = start(.pipeline([.getAutocommit]), baton, for: .settling(key))
                streams[key]?.turn = turn
            case .close(let asked):
                streams[key] = nil
                endCursors(of: key)
                letGo(stream)
                answer(asked, .closeStream)
            }
        }
    }

    mutating func start(_ request: StreamRequest, _ asked: Asked, on key: UInt64) {
        var requests = [request]
        var closing: Asked?
        if case .close(let asked)? = streams[key]?.steps.first {
            // One pipeline for both: a stream for one statement then takes no place among the tenant's.
            streams[key]!.steps.removeFirst()
            requests.append(.close)
            closing = asked
        }
        let purpose = Purpose.request(key, asked, request, closing: closing)
        let turn = start(.pipeline(requests), streams[key]!.baton, for: purpose, bytes: asked.bytes)
        streams[key]!.turn = turn
    }

    @discardableResult
    mutating func start(_ program: Program, _ baton: String?, for purpose: Purpose, bytes: Int = 0) -> UInt64 {
        let turn = makeKey()
        turns[turn] = purpose
        act(.start(Turn(id: turn, baton: baton, program: program, bytes: bytes, isOurs: purpose.isOurs)))
        return turn
    }

    /// Ends a stream's state where it lives; nobody waits for that.
    mutating func letGo(_ stream: Stream) {
        guard let baton = stream.baton else { return }
        start(.pipeline([.close]), baton, for: .closing)
    }

    /// The answer to a turn's request has come.
    ///
    /// - Parameter baton: for the stream's next one.
    /// - Returns: whose answer it is, to be sent before the next actions; nil if nobody waits for it.
    mutating func answered(_ turn: UInt64, baton: String?) -> (id: Int32, kind: SocketRequestKind)? {
        guard let purpose = turns.removeValue(forKey: turn) else { return nil }
        switch purpose {
        case .request(let key, let asked, let request, let closing):
            streams[key]?.turn = nil
            streams[key]?.baton = baton
            if closing != nil { streams[key] = nil } else if baton == nil { streams[key]?.isBroken = true }
            done(asked)
            if let closing { answer(closing, .closeStream) }
            advance(key)
            return (asked.id, SocketRequestKind(request.kind))
        case .settling(let key):
            streams[key]?.turn = nil
            streams[key]?.baton = baton
            advance(key)
        case .cursor, .closing: break
        }
        return nil
    }

    /// A turn's request failed as a whole. The stream is good for nothing more: what was open on it is gone, or in doubt.
    mutating func failed(_ turn: UInt64, _ error: HranaError) {
        guard let purpose = turns.removeValue(forKey: turn) else { return }
        if error.code == HranaError.batonUsed.code, hold(purpose) { return }
        switch purpose {
        case .request(let key, let asked, _, let closing):
            fail(asked, error)
            `break`(key, isGone: closing != nil)
            if let closing { answer(closing, .closeStream) }
        case .cursor(let key, _):
            guard let cursor = cursors[key] else { return }
            if cursor.hasBegun { endCursor(key, error) } else { failCursor(key, error) }
            `break`(cursor.stream, isGone: false)
        case .settling(let key) where error.saysNothingRan:
            // The stream is as it was, and its next request does the same.
            streams[key]?.turn = nil
            advance(key)
        case .settling(let key): `break`(key, isGone: false)
        case .closing: break
        }
    }

    mutating func `break`(_ key: UInt64, isGone: Bool) {
        guard var stream = streams[key] else { return }
        endCursors(of: key)
        letGo(stream)
        stream.baton = nil
        stream.turn = nil
        stream.isBroken = true
        streams[key] = isGone ? nil : stream
        advance(key)
    }

    /// A cursor of the stream is at work this very moment, and nothing was executed: what was to be done is done when it
    /// rests.
    ///
    /// - Returns: false if no cursor can be why.
    mutating func hold(_ purpose: Purpose) -> Bool {
        let (key, steps): (UInt64, [Step])
        switch purpose {
        case .request(let stream, let asked, let request, let closing):
            (key, steps) = (stream, [.run(asked, request)] + (closing.map { [.close($0)] } ?? []))
        case .settling(let stream): (key, steps) = (stream, [.settle])
        case .cursor(let cursor, let batch):
            guard let opening = cursors[cursor], !opening.hasBegun else { return false }
            (key, steps) = (opening.stream, [.openCursor(cursor, batch)])
        case .closing: return false
        }
        guard streams[key] != nil, cursors.values.contains(where: { $0.stream == key && $0.hasBegun && !$0.isEnded })
        else { return false }
        streams[key]!.turn = nil
        streams[key]!.isHeld = true
        streams[key]!.steps.insert(contentsOf: steps, at: 0)
        return true
    }

    mutating func release(_ key: UInt64) {
        guard streams[key]?.isHeld ?? false else { return }
        streams[key]!.isHeld = false
        advance(key)
    }

    /// What is held comes again, now and then: nothing tells when a cursor elsewhere rests.
    mutating func retryHeld() {
        for (key, stream) in streams where stream.isHeld { release(key) }
    }

    /// Their stream is at its end, and with it what they read.
    mutating func endCursors(of stream: UInt64) {
        for (key, cursor) in cursors where cursor.stream == stream { endCursor(key, cursor, .cursorEndedWithStream) }
    }

    /// Who asks may read no more.
    mutating func endCursors(_ error: HranaError) {
        for (key, cursor) in cursors { endCursor(key, cursor, error) }
    }

    /// Cursors are being made.
    var hasCursorsAtWork: Bool { cursors.values.contains { $0.isAtWork } }

    private mutating func endCursor(_ key: UInt64, _ cursor: Cursor, _ error: HranaError) {
        guard cursor.isAtWork, let turn = cursor.turn, turns.removeValue(forKey: turn) != nil else { return }
        act(.abandon(turn))
        endCursor(key, error)
    }

    /// The rest of a cursor's answer will not come; what it has of whole entries is still fetched.
    mutating func endCursor(_ key: UInt64, _ error: HranaError) {
        cursors[key]!.isEnded = true
        cursors[key]!.turn = nil
        if cursors[key]!.isClosed { return cursors[key] = nil }
        cursors[key]!.entries.removePart()
        var writer = AnswerWriter(encoding)
        writer.cursorError(error)
        cursors[key]!.entries.append(ByteBuffer(bytes: writer.bytes.bytes))
        serve(key)
    }

    mutating func writabilityChanged(_ isWritable: Bool) {
        self.isWritable = isWritable
        guard isWritable else { return }
        for key in streams.keys.sorted() { advance(key) }
        for key in cursors.keys.sorted() { serve(key) }
    }
}
