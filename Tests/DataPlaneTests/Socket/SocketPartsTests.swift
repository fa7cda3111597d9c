import Hrana
import NIOCore
import NIOWebSocket
import Testing

@testable import DataPlane

/// The values that a WebSocket's parts decide by.
struct SocketPartsTests {
    @Test(arguments: [AnswerEncoding.json, .protobuf])
    func `a cursor's answer gives the same entries wherever it is cut`(encoding: AnswerEncoding) {
        var writer = AnswerWriter(encoding)
        _ = writer.cursorHead(baton: "the baton")
        for step in 0..<3 {
            writer.startCursorStep(step)
            writer.endCursorStepColumns()
            writer.cursorStepEnd(affectedRows: 1, lastInsertRowID: 300)
        }
        let all = ByteBuffer(bytes: writer.bytes.bytes)
        func read(_ pieces: [ByteBuffer]) -> (CursorEntries.Head, [ByteBuffer], Bool) {
            var entries = CursorEntries(encoding)
            var head = CursorEntries.Head.incomplete
            var found: [ByteBuffer] = []
            for piece in pieces {
                entries.append(piece)
                if head == .incomplete { head = entries.takeHead() }
                guard head != .incomplete else { continue }
                while case let portion = entries.take(atMost: 1, bytes: 1000), portion.count > 0 {
                    found.append(portion.bytes)
                }
            }
            return (head, found, entries.isEmpty)
        }
        let whole = read([all])
        #expect(whole.0 == .baton("the baton") && whole.1.count == 6 && whole.2)
        for cut in 0...all.readableBytes {
            let pieces = [all.getSlice(at: 0, length: cut)!, all.getSlice(at: cut, length: all.readableBytes - cut)!]
            let again = read(pieces)
            #expect(again.0 == whole.0 && again.1 == whole.1 && again.2, "\(cut)")
        }
        let bytes = read((0..<all.readableBytes).map { all.getSlice(at: $0, length: 1)! })
        #expect(bytes.0 == whole.0 && bytes.1 == whole.1)
    }

    @Test func `several entries are elements of an array, or fields of a message`() {
        var lines = CursorEntries(.json)
        lines.append(ByteBuffer(string: "{\"baton\":null,\"base_url\":null}\n1\n2\n3\n4"))
        #expect(lines.takeHead() == .baton(nil))
        let portion = lines.take(atMost: 9, bytes: 1000)
        #expect(String(buffer: portion.bytes) == "1,2,3" && portion.count == 3 && portion.taken == 6)
        #expect(!lines.isEmpty)
        var messages = CursorEntries(.protobuf)
        messages.append(ByteBuffer(bytes: [3, 10, 1, 65, 2, 1, 2, 1, 9]))
        #expect(messages.takeHead() == .baton("A"))
        #expect(messages.take(atMost: 2, bytes: 1000).bytes == ByteBuffer(bytes: [10, 2, 1, 2, 10, 1, 9]))
    }

    @Test func `a pipeline's answer is cut without being read`() {
        for isError in [false, true] {
            for closes in [false, true] {
                for encoding in [AnswerEncoding.json, .protobuf] {
                    var writer = AnswerWriter(encoding)
                    writer.startPipeline()
                    if isError {
                        writer.errorResult(HranaError(#"],"baton":"#, code: "X"))
                    } else {
                        writer.autocommitResult(true)
                    }
                    if closes { writer.emptyResult(of: .close) }
                    writer.finishPipeline(baton: closes ? nil : "b.a-t_on")
                    let bytes = writer.bytes.bytes
                    let answer =
                        encoding == .json
                        ? PipelineAnswer.json(bytes, closes: closes) : PipelineAnswer.protobuf(bytes)
                    #expect(answer?.isError == isError && answer?.baton == (closes ? nil : "b.a-t_on"))
                    guard let answer, encoding == .json else { continue }
                    let content = String(decoding: bytes[answer.content], as: UTF8.self)
                    let expected =
                        isError
                        ? #"{"message":"],\"baton\":","code":"X"}"# : #"{"type":"get_autocommit","is_autocommit":true}"#
                    #expect(content == expected)
                    if !closes { #expect(PipelineAnswer.json(bytes, closes: true) == nil) }
                }
            }
        }
        for text in ["", "{}", #"{"results":[]}"#, #"{"results":[{"type":"ok","response":"#, "n2 write"] {
            #expect(text.withRawBytes { PipelineAnswer.json($0, closes: false) } == nil, "\(text)")
        }
    }

    @Test func `clocks ping the silent, and end what lasts too long`() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var limits = DoorLimits()
        limits.socketIdle = .seconds(100)
        var clock = SocketClock(limits: limits, now: start)
        #expect(clock.due(start + .seconds(29), isRead: true, isBusy: false) == .nothing)
        #expect(clock.due(start + .seconds(30), isRead: true, isBusy: false) == .ping)
        #expect(clock.due(start + .seconds(31), isRead: true, isBusy: false) == .nothing, "once")
        clock.heard(start + .seconds(32))
        #expect(clock.due(start + .seconds(61), isRead: true, isBusy: false) == .nothing)
        #expect(clock.due(start + .seconds(62), isRead: true, isBusy: false) == .ping)
        #expect(clock.due(start + .seconds(92), isRead: true, isBusy: false) == .cut)
        clock.heard(start + .seconds(93))
        #expect(clock.due(start + .seconds(99), isRead: false, isBusy: true) == .nothing, "held back, so not heard")
        clock.heard(start + .seconds(190))
        #expect(clock.due(start + .seconds(198), isRead: true, isBusy: false) == .nothing)
        #expect(clock.due(start + .seconds(199), isRead: true, isBusy: false) == .close(.idle))
        var slow = SocketClock(limits: limits, now: start)
        slow.partial(true, start)
        for second in stride(from: 10, to: 120, by: 10) {
            slow.heard(start + .seconds(Int64(second)))
            slow.used(start + .seconds(Int64(second)))
            slow.partial(true, start + .seconds(Int64(second)))
            #expect(slow.due(start + .seconds(Int64(second)), isRead: true, isBusy: false) == .nothing)
        }
        #expect(slow.due(start + .seconds(120), isRead: true, isBusy: false) == .close(.tooSlow))
        slow.closing(start + .seconds(120))
        #expect(slow.due(start + .seconds(123), isRead: true, isBusy: false) == .cut)
    }

    @Test func `messages that keep coming are not late, however they are cut`() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var clock = SocketClock(limits: DoorLimits(), now: start)
        for second in stride(from: 0, to: 600, by: 60) as StrideTo<Int64> {
            let now = start + .seconds(second)
            clock.heard(now)
            clock.partial(false, now)
            clock.used(now)
            // The next message has begun in the same read.
            clock.partial(true, now)
            #expect(clock.due(now + .seconds(1), isRead: true, isBusy: false) == .nothing, "\(second)")
        }
    }

    @Test func `of many pings the newest is answered, one at a time`() {
        var pongs = SocketPongs()
        #expect(pongs.next() == nil)
        pongs.pinged(ByteBuffer(string: "1"))
        #expect(pongs.next() == ByteBuffer(string: "1"))
        for number in 2...9 { pongs.pinged(ByteBuffer(string: "\(number)")) }
        #expect(pongs.next() == nil)
        pongs.sent()
        #expect(pongs.next() == ByteBuffer(string: "9"))
        pongs.sent()
        #expect(pongs.next() == nil)
    }

    @Test func `a share of a budget is what is held now, and is given back`() {
        let budget = NodeBudget(100)
        var share = BudgetShare(of: budget, free: 10)
        #expect(share.hold(10) && budget.inUse == 0)
        #expect(share.hold(60) && budget.inUse == 50)
        #expect(!share.hold(111) && budget.inUse == 50, "as before")
        #expect(share.hold(30) && budget.inUse == 20)
        share.giveBack()
        share.giveBack()
        #expect(budget.inUse == 0)
    }

    @Test func `fragments are bounded as whole messages are`() {
        var framing = SocketFraming(messageBytes: 10)
        func frame(_ opcode: WebSocketOpcode, _ count: Int, fin: Bool) -> WebSocketFrame {
            WebSocketFrame(
                fin: fin, opcode: opcode, maskKey: [0, 0, 0, 0], data: ByteBuffer(repeating: 1, count: count))
        }
        #expect(framing.take(frame(.text, 11, fin: true)) == .violation(.tooLarge))
        #expect(framing.take(frame(.binary, 6, fin: false)) == .nothing && framing.heldBytes == 6)
        #expect(framing.take(frame(.continuation, 5, fin: false)) == .violation(.tooLarge))
        framing = SocketFraming(messageBytes: 10)
        _ = framing.take(frame(.binary, 6, fin: false))
        _ = framing.take(frame(.continuation, 0, fin: false))
        #expect(
            framing.take(frame(.continuation, 4, fin: true))
                == .message(ByteBuffer(repeating: 1, count: 10), isText: false))
        #expect(framing.heldBytes == 0)
    }
}

extension String {
    fileprivate func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(utf8).withUnsafeBytes(body)
    }
}
