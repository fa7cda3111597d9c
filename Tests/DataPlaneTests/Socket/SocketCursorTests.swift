import Hrana
import NIOCore
import Testing

@testable import DataPlane

/// Cursors in the conversation by itself, as their answers come from this node or another.
struct SocketCursorTests {
    private typealias Action = SocketSession.Action

    /// One with an open cursor, whose turn it gives.
    private static func open(_ encoding: AnswerEncoding) -> (session: SocketSession, turn: UInt64) {
        var session = SocketSession(.three, encoding, SocketLimits())
        session.received(.hello(token: nil), bytes: 10)
        session.greeted(nil)
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        session.received(.request(id: 2, .openCursor(1, stream: 1, Batch(steps: []))), bytes: 1)
        let turns = session.takeActions().compactMap { if case .start(let turn) = $0 { turn } else { nil } }
        return (session, turns[0].id)
    }

    /// A cursor's head and some entries.
    private static func answer(_ encoding: AnswerEncoding, head: Bool = true, entries: Int) -> ByteBuffer {
        var writer = AnswerWriter(encoding)
        if head { _ = writer.cursorHead(baton: "b") }
        for _ in 0..<entries { writer.cursorStepEnd(affectedRows: 1, lastInsertRowID: 300) }
        return ByteBuffer(bytes: writer.bytes.bytes)
    }

    /// The first bytes of an entry of a mebibyte.
    private static func part(_ encoding: AnswerEncoding, _ count: Int) -> ByteBuffer {
        switch encoding {
        case .json: ByteBuffer(string: String(repeating: "x", count: count))
        case .protobuf: ByteBuffer(bytes: [0x80, 0x80, 0x40] + Array(repeating: UInt8(ascii: "x"), count: count - 3))
        }
    }

    private static func consumed(_ actions: [Action]) -> Int {
        actions.reduce(0) { if case .consumed(_, let count) = $1 { $0 + count } else { $0 } }
    }

    private static func entries(_ actions: [Action]) -> [(id: Int32, bytes: ByteBuffer, isDone: Bool)] {
        actions.compactMap { if case .entries(let id, let bytes, let isDone) = $0 { (id, bytes, isDone) } else { nil } }
    }

    @Test(arguments: [AnswerEncoding.json, .protobuf])
    func `a fetch that waits for the rest of a row lets that rest come`(encoding: AnswerEncoding) {
        var (session, turn) = Self.open(encoding)
        var all = Self.answer(encoding, entries: 1)
        all.writeImmutableBuffer(Self.part(encoding, 100_000))
        session.cursorData(turn, all, isEnd: false)
        #expect(Self.consumed(session.takeActions()) == 0, "nobody waits yet")
        let one = Self.answer(encoding, head: false, entries: 1).readableBytes
        session.received(.request(id: 3, .fetchCursor(1, count: 9)), bytes: 1)
        #expect(Self.consumed(session.takeActions()) == one)
        session.received(.request(id: 4, .fetchCursor(1, count: 9)), bytes: 1)
        #expect(Self.consumed(session.takeActions()) == 100_000, "what there is of the row")
        let more = ByteBuffer(repeating: UInt8(ascii: "x"), count: 50_000)
        session.cursorData(turn, more, isEnd: false)
        #expect(Self.consumed(session.takeActions()) == 50_000, "and only what is new")
        let whole = encoding == .json ? 200_000 : (1 << 20) + 3
        var rest = ByteBuffer(repeating: UInt8(ascii: "x"), count: whole - 150_000)
        if encoding == .json { rest.writeString("\n") }
        session.cursorData(turn, rest, isEnd: false)
        let actions = session.takeActions()
        #expect(Self.consumed(actions) == rest.readableBytes, "each byte once")
        #expect(Self.entries(actions).map(\.id) == [4])
        session.cursorData(turn, Self.part(encoding, 70_000), isEnd: false)
        session.received(.request(id: 5, .fetchCursor(1, count: 9)), bytes: 1)
        _ = session.takeActions()
        session.cursorData(turn, more, isEnd: false)
        _ = session.takeActions()
        session.received(.request(id: 6, .closeCursor(1)), bytes: 1)
        #expect(Self.consumed(session.takeActions()) == 0, "all of it was counted before")
    }

    @Test(arguments: [AnswerEncoding.json, .protobuf])
    func `an answer that breaks off within a row ends with an error, whatever was there`(encoding: AnswerEncoding) {
        for part in [0, 3, 4, 70_000] {
            var (session, turn) = Self.open(encoding)
            var all = Self.answer(encoding, entries: 2)
            if part > 0 { all.writeImmutableBuffer(Self.part(encoding, part)) }
            session.cursorData(turn, all, isEnd: false)
            session.failed(turn, .answerUnreadable)
            _ = session.takeActions()
            session.received(.request(id: 3, .fetchCursor(1, count: 9)), bytes: 1)
            var expected = CursorEntries(encoding)
            expected.append(Self.answer(encoding, entries: 2))
            _ = expected.takeHead()
            var writer = AnswerWriter(encoding)
            writer.cursorError(.answerUnreadable)
            expected.append(ByteBuffer(bytes: writer.bytes.bytes))
            let seen = Self.entries(session.takeActions())
            #expect(seen.count == 1 && seen[0].isDone, "\(part)")
            #expect(seen.first?.bytes == expected.take(atMost: 9, bytes: 1 << 20).bytes, "\(part)")
            #expect(session.pending == 0)
        }
    }

    @Test func `what only tidies up after a cursor fails without harm to the stream`() {
        for (code, survives) in [("BUSY", true), ("MOVING", true), ("INTERNAL_ERROR", false)] {
            var (session, turn) = Self.open(.json)
            session.cursorData(turn, Self.answer(.json, entries: 1), isEnd: false)
            session.received(.request(id: 3, .closeCursor(1)), bytes: 1)
            let settling = session.takeActions().compactMap { if case .start(let turn) = $0 { turn } else { nil } }
            #expect(settling.map(\.isOurs) == [true])
            session.failed(settling[0].id, HranaError("", code: code))
            _ = session.takeActions()
            session.received(.request(id: 4, .onStream(1, .getAutocommit)), bytes: 1)
            let next = session.takeActions()
            if survives {
                #expect(next.contains { if case .start(let turn) = $0 { turn.baton == "b" } else { false } }, "\(code)")
            } else {
                #expect(next == [.error(4, .streamNotOpen)])
            }
        }
    }

    @Test func `nothing is fetched for a client that does not read, until it does`() {
        var (session, turn) = Self.open(.json)
        session.cursorData(turn, Self.answer(.json, entries: 4), isEnd: false)
        session.writabilityChanged(false)
        _ = session.takeActions()
        for id in 3...5 as ClosedRange<Int32> {
            session.received(.request(id: id, .fetchCursor(1, count: 1)), bytes: 1)
        }
        session.cursorData(turn, Self.answer(.json, head: false, entries: 4), isEnd: false)
        #expect(session.takeActions().isEmpty, "so the cursor's making pauses")
        session.writabilityChanged(true)
        #expect(Self.entries(session.takeActions()).map(\.id) == [3, 4, 5])
    }

    @Test func `cursors at work end with an error when their client may read no more`() {
        var (session, turn) = Self.open(.json)
        #expect(!session.hasCursorsAtWork)
        session.cursorData(turn, Self.answer(.json, entries: 1), isEnd: false)
        #expect(session.hasCursorsAtWork)
        _ = session.takeActions()
        let expired = HranaError("expired", code: "AUTH_JWT_EXPIRED")
        session.endCursors(expired)
        #expect(session.takeActions() == [.abandon(turn)] && !session.hasCursorsAtWork)
        session.received(.request(id: 3, .fetchCursor(1, count: 9)), bytes: 1)
        let seen = Self.entries(session.takeActions())
        #expect(seen.count == 1 && seen[0].isDone)
        #expect(String(buffer: seen[0].bytes).contains("AUTH_JWT_EXPIRED"))
    }

    @Test func `stored texts count as often as they are named, here as on the way elsewhere`() {
        var limits = SocketLimits()
        limits.textsInRequest = 10_000
        var session = SocketSession(.three, .json, limits)
        session.received(.hello(token: nil), bytes: 10)
        session.greeted(nil)
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        session.received(.request(id: 2, .storeSQL(id: 7, sql: String(repeating: "-", count: 1_000))), bytes: 1_000)
        #expect(session.heldBytes == 1_000)
        _ = session.takeActions()
        func batch(_ count: Int) -> Batch {
            Batch(steps: Array(repeating: BatchStep(Statement(.stored(7))), count: count))
        }
        session.received(.request(id: 3, .onStream(1, .batch(batch(11)))), bytes: 50)
        session.received(.request(id: 4, .openCursor(1, stream: 1, batch(11))), bytes: 50)
        let codes = session.takeActions().map {
            if case .error(let id, let error) = $0 { "\(id) \(error.code!)" } else { "" }
        }
        #expect(codes == ["3 SQL_STORE_TOO_LARGE", "4 SQL_STORE_TOO_LARGE"] && session.pendingBytes == 0)
        session.received(.request(id: 5, .onStream(1, .batch(batch(10)))), bytes: 50)
        #expect(session.pendingBytes == 10_050)
        let turns = session.takeActions().compactMap { if case .start(let turn) = $0 { turn } else { nil } }
        #expect(turns.map(\.bytes) == [10_050])
        _ = session.answered(turns[0].id, baton: "b")
        #expect(session.pendingBytes == 0)
        session.received(.request(id: 6, .closeSQL(id: 7)), bytes: 1)
        #expect(session.heldBytes == 0)
    }
}
