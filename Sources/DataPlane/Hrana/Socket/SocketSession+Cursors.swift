import Hrana
import NIOCore

/// Cursors: entries are fetched as they come.
extension SocketSession {
    mutating func openCursor(_ id: Int32, on stream: Int32, _ batch: Batch, _ asked: Asked) {
        guard cursorKeys[id] == nil else {
            return close(SocketClose(1008, "There is already a cursor with this cursor_id"))
        }
        let streamKey = streamKeys[stream]
        guard streamKey != nil || refusedStreams.contains(stream) else { return unknownStream() }
        guard cursors.count < limits.cursors + limits.refused else {
            return close(SocketClose(1008, "Too many cursors were opened"))
        }
        let (resolved, counted): (Batch, Asked)
        do throws(SocketTexts.Fault) {
            (resolved, counted) = try resolve(asked) { texts, left throws(SocketTexts.Fault) in
                try texts.resolve(batch, &left)
            }
        } catch {
            return unknownText(error, asked)
        }
        let key = makeKey()
        let isCrowded = cursors.values.count { $0.failure == nil } >= limits.cursors
        cursorKeys[id] = key
        cursors[key] = Cursor(stream: streamKey ?? 0, opening: counted, entries: CursorEntries(encoding))
        if isCrowded || streamKey == nil { return failCursor(key, isCrowded ? .tooManyCursors : .streamNotOpen) }
        streams[streamKey!]?.steps.append(.openCursor(key, resolved))
        advance(streamKey!)
    }

    mutating func fetch(_ id: Int32, _ count: Int, _ asked: Asked) {
        guard let key = cursorKeys[id] else { return unknownCursor() }
        if let failure = cursors[key]?.failure, !(cursors[key]?.hasBegun ?? false) { return fail(asked, failure) }
        cursors[key]?.fetches.append((asked, count))
        serve(key)
    }

    mutating func closeCursor(_ id: Int32, _ asked: Asked) {
        guard let key = cursorKeys.removeValue(forKey: id) else { return unknownCursor() }
        guard var cursor = cursors[key] else { return answer(asked, .closeCursor) }
        let fetches = cursor.fetches
        cursor.fetches = []
        cursor.isClosed = true
        let dropped = cursor.entries.removeAll()
        let isOver = cursor.isEnded || cursor.failure != nil
        cursors[key] = isOver ? nil : cursor
        for fetch in fetches { fail(fetch.asked, .cursorNotOpen) }
        answer(asked, .closeCursor)
        guard !isOver, cursor.hasBegun, let turn = cursor.turn else { return }
        act(.consumed(turn, dropped))
        settle(cursor.stream)
    }

    /// The stream's next request ends what the cursor has left open; where none is coming, this is it.
    func needsSettling(_ stream: Stream) -> Bool { stream.steps.isEmpty && stream.turn == nil && !stream.isBroken }

    mutating func settle(_ key: UInt64) {
        guard let stream = streams[key], needsSettling(stream) else { return }
        streams[key]?.steps.append(.settle)
        advance(key)
    }

    mutating func unknownCursor() { close(SocketClose(1008, "There is no cursor with this cursor_id")) }

    /// The cursor was never opened; its number stays taken until the client closes it.
    mutating func failCursor(_ key: UInt64, _ error: HranaError) {
        guard var cursor = cursors[key] else { return }
        cursor.failure = error
        cursor.turn = nil
        let fetches = cursor.fetches
        cursor.fetches = []
        cursors[key] = cursor.isClosed ? nil : cursor
        fail(cursor.opening, error)
        for fetch in fetches { fail(fetch.asked, error) }
    }

    /// Answers fetches as far as there are entries, and while the client takes what is written.
    mutating func serve(_ key: UInt64) {
        while isWritable, let cursor = cursors[key], cursor.hasBegun, let (asked, count) = cursor.fetches.first {
            let portion = cursors[key]!.entries.take(atMost: count, bytes: limits.fetchBytes)
            let isDone = cursor.isEnded && cursors[key]!.entries.isEmpty
            guard portion.count > 0 || isDone || count == 0 else { return takePart(key) }
            cursors[key]!.fetches.removeFirst()
            act(.entries(asked.id, portion.bytes, isDone: isDone))
            if portion.taken > 0, let turn = cursor.turn { act(.consumed(turn, portion.taken)) }
            done(asked)
        }
    }

    /// Somebody waits for an entry that is not whole yet, and its rest waits until what came before it is taken: an answer
    /// from another node is cut anywhere.
    private mutating func takePart(_ key: UInt64) {
        let count = cursors[key]!.entries.takePart()
        if count > 0, let turn = cursors[key]!.turn { act(.consumed(turn, count)) }
    }

    /// A cursor's answer goes on.
    mutating func cursorData(_ turn: UInt64, _ data: ByteBuffer, isEnd: Bool) {
        guard case .cursor(let key, _)? = turns[turn], let of = cursors[key]?.stream else {
            return act(.consumed(turn, data.readableBytes))
        }
        cursors[key]!.entries.append(data)
        cursors[key]!.isEnded = isEnd
        if !cursors[key]!.hasBegun { begin(key, turn, isEnd: isEnd) }
        if isEnd { turns[turn] = nil }
        defer { release(of) }
        guard let cursor = cursors[key], cursor.hasBegun else { return }
        if cursor.isClosed {
            let dropped = cursors[key]!.entries.removeAll()
            act(.consumed(turn, dropped))
            if isEnd { cursors[key] = nil } else { settle(cursor.stream) }
        } else {
            serve(key)
        }
    }

    mutating func begin(_ key: UInt64, _ turn: UInt64, isEnd: Bool) {
        let before = cursors[key]!.entries
        switch cursors[key]!.entries.takeHead() {
        case .incomplete where !isEnd: cursors[key]!.entries = before
        case .incomplete, .malformed:
            if !isEnd { act(.abandon(turn)) }
            failed(turn, .answerUnreadable)
        case .baton(let baton):
            cursors[key]!.hasBegun = true
            let (stream, asked) = (cursors[key]!.stream, cursors[key]!.opening)
            answer(asked, .openCursor)
            streams[stream]?.baton = baton
            streams[stream]?.turn = nil
            advance(stream)
        }
    }
}
