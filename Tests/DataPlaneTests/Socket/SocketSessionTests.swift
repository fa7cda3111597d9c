import Hrana
import NIOCore
import Testing

@testable import DataPlane

/// The conversation by itself: messages and answers in, actions out.
struct SocketSessionTests {
    private typealias Action = SocketSession.Action

    private static func ready(
        _ version: HranaVersion = .three, _ change: (inout SocketLimits) -> Void = { _ in }
    ) -> SocketSession {
        var limits = SocketLimits()
        change(&limits)
        var session = SocketSession(version, .json, limits)
        session.received(.hello(token: nil), bytes: 10)
        #expect(session.takeActions() == [.greet(token: nil)])
        session.greeted(nil)
        #expect(session.takeActions() == [.helloOK])
        return session
    }

    private static func execute(_ sql: String) -> StreamRequest { .execute(Statement(.text(sql))) }
    private static func started(_ actions: [Action]) -> [SocketSession.Turn] {
        actions.compactMap { if case .start(let turn) = $0 { turn } else { nil } }
    }

    @Test func `a stream runs one request at a time, streams go side by side`() {
        var session = Self.ready()
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        session.received(.request(id: 2, .openStream(2)), bytes: 1)
        for id in 3...5 as ClosedRange<Int32> {
            session.received(.request(id: id, .onStream(id == 5 ? 2 : 1, Self.execute("\(id)"))), bytes: 1)
        }
        let actions = session.takeActions()
        #expect(actions[0] == .ok(1, .openStream) && actions[1] == .ok(2, .openStream))
        let turns = Self.started(actions)
        #expect(turns.map(\.program) == [.pipeline([Self.execute("3")]), .pipeline([Self.execute("5")])])
        #expect(turns.allSatisfy { $0.baton == nil })
        #expect(session.pending == 3)
        #expect(session.answered(turns[0].id, baton: "b1")?.id == 3)
        #expect(Self.started(session.takeActions()).map(\.baton) == ["b1"], "the next goes on with its baton")
        #expect(session.answered(turns[0].id, baton: "b2") == nil, "an answer counts once")
    }

    @Test func `a request and the end of its stream are one pipeline`() {
        var session = Self.ready()
        session.writabilityChanged(false)
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        session.received(.request(id: 2, .onStream(1, Self.execute("a"))), bytes: 1)
        session.received(.request(id: 3, .closeStream(1)), bytes: 1)
        #expect(session.takeActions() == [.ok(1, .openStream)], "nothing begins for a client that does not read")
        session.writabilityChanged(true)
        let turns = Self.started(session.takeActions())
        #expect(turns.map(\.program) == [.pipeline([Self.execute("a"), .close])])
        #expect(session.answered(turns[0].id, baton: nil)?.id == 2)
        #expect(session.takeActions() == [.ok(3, .closeStream)])
        #expect(session.streams.isEmpty && session.pending == 0)
    }

    @Test func `what was sent behind a request that failed as a whole does not run`() {
        var session = Self.ready()
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        for (id, sql) in [(2, "BEGIN"), (3, "INSERT"), (4, "COMMIT")] as [(Int32, String)] {
            session.received(.request(id: id, .onStream(1, Self.execute(sql))), bytes: 1)
        }
        let turn = Self.started(session.takeActions())[0]
        let busy = HranaError("busy", code: "BUSY")
        session.failed(turn.id, busy)
        #expect(
            session.takeActions() == [.error(2, busy), .error(3, .streamNotOpen), .error(4, .streamNotOpen)])
        session.received(.request(id: 5, .closeStream(1)), bytes: 1)
        #expect(session.takeActions() == [.ok(5, .closeStream)])
        #expect(session.pending == 0)
    }

    @Test func `a stream with state is let go where it lives, however it ends`() {
        var session = Self.ready()
        for stream in [1, 2, 3] as [Int32] {
            session.received(.request(id: 1, .openStream(stream)), bytes: 1)
            session.received(.request(id: 2, .onStream(stream, Self.execute("BEGIN"))), bytes: 1)
        }
        let turns = Self.started(session.takeActions())
        for turn in turns { _ = session.answered(turn.id, baton: "b\(turn.id)") }
        session.received(.request(id: 8, .onStream(3, Self.execute("INSERT"))), bytes: 1)
        let running = Self.started(session.takeActions())[0]
        session.received(.request(id: 9, .closeStream(1)), bytes: 1)
        var ends = Self.started(session.takeActions())
        #expect(ends.map(\.program) == [.pipeline([.close])] && ends[0].baton == "b\(turns[0].id)")
        session.end()
        let actions = session.takeActions()
        ends = Self.started(actions)
        #expect(actions.first == .abandon(running.id))
        #expect(ends.map(\.baton) == turns[1...].map { "b\($0.id)" }, "one waits, one may not have begun")
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        #expect(session.takeActions().isEmpty)
    }

    @Test func `requests wait for the hello before them, the first and later ones`() {
        var session = SocketSession(.two, .json, SocketLimits())
        session.received(.hello(token: "a"), bytes: 1)
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        session.received(.hello(token: "b"), bytes: 1)
        session.received(.request(id: 2, .onStream(1, Self.execute("x"))), bytes: 1)
        #expect(session.takeActions() == [.greet(token: "a")])
        session.greeted(nil)
        #expect(session.takeActions() == [.helloOK, .ok(1, .openStream), .greet(token: "b")])
        let no = HranaError("no", code: "AUTH_JWT_EXPIRED")
        session.greeted(no)
        #expect(
            session.takeActions() == [.helloError(no), .close(SocketClose(1008, "The hello was refused"))])
    }

    @Test func `at its bounds the client is not read, and what is too much is refused`() {
        var session = Self.ready { limits in
            limits.streams = 2
            limits.pending = 3
            limits.pendingBytes = 100
            limits.refused = 2
        }
        for stream in 1...4 as ClosedRange<Int32> {
            session.received(.request(id: stream, .openStream(stream)), bytes: 1)
        }
        #expect(
            session.takeActions() == [
                .ok(1, .openStream), .ok(2, .openStream), .error(3, .tooManyStreams), .error(4, .tooManyStreams),
            ])
        session.received(.request(id: 5, .onStream(3, Self.execute("x"))), bytes: 1)
        session.received(.request(id: 6, .closeStream(3)), bytes: 1)
        #expect(session.takeActions() == [.error(5, .streamNotOpen), .ok(6, .closeStream)])
        session.received(.request(id: 7, .onStream(1, Self.execute("x"))), bytes: 100)
        #expect(!session.takesInput, "bytes")
        let turn = Self.started(session.takeActions())[0]
        _ = session.answered(turn.id, baton: "b")
        #expect(session.takesInput)
        for id in 8...10 as ClosedRange<Int32> {
            session.received(.request(id: id, .onStream(1, Self.execute("x"))), bytes: 1)
        }
        #expect(!session.takesInput, "requests")
        session.received(.request(id: 11, .openStream(5)), bytes: 1)
        session.received(.request(id: 12, .openStream(6)), bytes: 1)
        #expect(session.takeActions().contains(.close(SocketClose(1008, "Too many streams were opened"))))
    }

    @Test func `stored texts are the connection's`() {
        var session = Self.ready(.two) { $0.texts = 1 }
        session.received(.request(id: 1, .storeSQL(id: 7, sql: "SELECT 7")), bytes: 1)
        session.received(.request(id: 2, .storeSQL(id: 8, sql: "SELECT 8")), bytes: 1)
        session.received(.request(id: 3, .openStream(1)), bytes: 1)
        session.received(.request(id: 4, .onStream(1, .execute(Statement(.stored(7))))), bytes: 1)
        session.received(.request(id: 5, .onStream(1, .describe(.stored(8)))), bytes: 1)
        session.received(.request(id: 6, .closeSQL(id: 7)), bytes: 1)
        let actions = session.takeActions()
        #expect(Self.started(actions).map(\.program) == [.pipeline([Self.execute("SELECT 7")])])
        let codes = actions.compactMap {
            if case .error(let id, let error) = $0 { "\(id) \(error.code!)" } else { nil }
        }
        #expect(codes == ["2 SQL_STORE_TOO_MANY", "5 SQL_UNKNOWN"])
        session.received(.request(id: 7, .onStream(1, .execute(Statement(.stored(7))))), bytes: 1)
        #expect(session.phase == .over)
    }

    @Test func `a stream's request waits while a cursor of it is at work`() {
        var session = Self.ready()
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        session.received(.request(id: 2, .openCursor(1, stream: 1, Batch(steps: []))), bytes: 1)
        session.received(.request(id: 3, .onStream(1, Self.execute("x"))), bytes: 1)
        session.received(.request(id: 4, .fetchCursor(1, count: 2)), bytes: 1)
        let cursor = Self.started(session.takeActions())[0]
        #expect(session.pending == 3)
        session.cursorData(cursor.id, ByteBuffer(string: "{\"baton\":\"b1\",\"base_url\":null}\n{\"a\":"), isEnd: false)
        var actions = session.takeActions()
        #expect(actions.first == .ok(2, .openCursor))
        let first = Self.started(actions)[0]
        #expect(first.baton == "b1")
        session.failed(first.id, .batonUsed)
        #expect(session.takeActions().isEmpty, "it is kept, not failed")
        session.cursorData(cursor.id, ByteBuffer(string: "1}\n{\"b\":2}\n{\"c\":3}\n"), isEnd: true)
        actions = session.takeActions()
        #expect(actions.first == .entries(4, ByteBuffer(string: #"{"a":1},{"b":2}"#), isDone: false))
        #expect(Self.started(actions).map(\.baton) == ["b1"])
        session.received(.request(id: 5, .fetchCursor(1, count: 9)), bytes: 1)
        #expect(session.takeActions().first == .entries(5, ByteBuffer(string: #"{"c":3}"#), isDone: true))
    }

    @Test func `a shutdown answers what was read, then closes`() {
        var session = Self.ready()
        session.received(.request(id: 1, .openStream(1)), bytes: 1)
        session.received(.request(id: 2, .onStream(1, Self.execute("x"))), bytes: 1)
        let turn = Self.started(session.takeActions())[0]
        session.quiesce()
        #expect(session.takeActions().isEmpty && !session.takesInput)
        #expect(session.answered(turn.id, baton: "b")?.id == 2)
        let actions = session.takeActions()
        #expect(actions.first == .close(.shuttingDown))
        #expect(Self.started(actions).map(\.baton) == ["b"], "and rolls back what is open")
    }

    @Test func `an hour of anything ends with nothing left`() {
        for seed in 0..<60 as Range<UInt64> {
            var dice = SplitMix(state: seed)
            var session = Self.ready { $0.streams = 4 }
            var running: [SocketSession.Turn] = []
            var answered: Set<Int32> = []
            var asked: Int32 = 0
            for _ in 0..<400 where session.phase == .ready {
                switch dice.next() % 6 {
                case 0...3 where session.takesInput:
                    asked += 1
                    let stream = Int32(dice.next() % 5)
                    let cursor = Int32(dice.next() % 3)
                    switch dice.next() % 7 {
                    case 0: session.received(.request(id: asked, .openStream(stream + asked * 8)), bytes: 1)
                    case 1: session.received(.request(id: asked, .storeSQL(id: asked, sql: "x")), bytes: 1)
                    case 2: session.received(.request(id: asked, .closeSQL(id: cursor)), bytes: 1)
                    default:
                        session.received(.request(id: asked, .openStream(-asked)), bytes: 1)
                        session.received(.request(id: asked, .onStream(-asked, Self.execute("x"))), bytes: 1)
                        session.received(
                            .request(id: asked, .openCursor(asked, stream: -asked, Batch(steps: []))), bytes: 1)
                        session.received(.request(id: asked, .fetchCursor(asked, count: 3)), bytes: 1)
                        session.received(.request(id: asked, .closeCursor(asked)), bytes: 1)
                        session.received(.request(id: asked, .closeStream(-asked)), bytes: 1)
                    }
                case 4: session.writabilityChanged(dice.next() % 2 == 0)
                default:
                    guard !running.isEmpty else { continue }
                    let turn = running.remove(at: Int(dice.next() % UInt64(running.count)))
                    let fails = dice.next() % 5 == 0
                    if fails {
                        session.failed(turn.id, dice.next() % 2 == 0 ? .batonUsed : .answerUnreadable)
                    } else if case .cursor = turn.program {
                        let data = ByteBuffer(string: "{\"baton\":\"b\",\"base_url\":null}\n{}\n")
                        session.cursorData(turn.id, data, isEnd: true)
                    } else {
                        _ = session.answered(turn.id, baton: "b")
                    }
                }
                for action in session.takeActions() {
                    switch action {
                    case .start(let turn): running.append(turn)
                    case .abandon(let id): running.removeAll { $0.id == id }
                    case .ok(let id, _), .error(let id, _), .entries(let id, _, _): answered.insert(id)
                    default: break
                    }
                }
            }
            #expect(session.pending >= 0)
            session.writabilityChanged(true)
            for _ in 0..<2_000 {
                for action in session.takeActions() {
                    if case .start(let turn) = action { running.append(turn) }
                    if case .abandon(let id) = action { running.removeAll { $0.id == id } }
                }
                guard !running.isEmpty else { break }
                let turn = running.removeFirst()
                if case .cursor = turn.program {
                    session.cursorData(
                        turn.id, ByteBuffer(string: "{\"baton\":\"b\",\"base_url\":null}\n{}\n"), isEnd: true)
                } else {
                    _ = session.answered(turn.id, baton: "b")
                }
                session.retryHeld()
            }
            #expect(session.pending == 0 && session.turns.isEmpty, "seed \(seed)")
            session.end()
            #expect(session.streams.isEmpty && session.cursors.isEmpty)
        }
    }
}
