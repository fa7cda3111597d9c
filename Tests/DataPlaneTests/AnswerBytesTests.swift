import Lanes
import NIOCore
import NIOHTTP1
import NIOPosix
import Seams
import Synchronization
import Testing

@testable import DataPlane

struct AnswerBytesTests {
    private func text(_ answer: AnswerBytes) -> String {
        String(buffer: answer.first) + (answer.rest.map { String(buffer: $0) } ?? "")
    }

    @Test func `a body with room in front is not copied`() {
        let before = Mutex<UInt>(0)
        func body() -> ByteBuffer {
            var body = DoorRequest.bodyBuffer(capacity: 100)
            body.writeString("hello")
            before.withLock { $0 = body.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } }
            return body
        }
        let answer = AnswerBytes.whole(.ok, HeaderLines([("a", "b")]), body: body(), traits: AnswerTraits())
        #expect(text(answer) == "HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 5\r\n\r\nhello")
        let after = answer.first.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(after + UInt(answer.first.readableBytes - 5) == before.withLock { $0 })
    }

    @Test func `a shared body stays as it was`() {
        var body = DoorRequest.bodyBuffer()
        body.writeString("kept")
        let copy = body
        _ = AnswerBytes.whole(.ok, HeaderLines(), body: body, traits: AnswerTraits())
        #expect(String(buffer: copy) == "kept")
        #expect(copy.readerIndex == AnswerBytes.headRoom)
    }

    @Test func `heads larger than the room, and large bodies without room, go out whole`() {
        let long = String(repeating: "x", count: 2000)
        var body = DoorRequest.bodyBuffer()
        body.writeString("hello")
        let answer = AnswerBytes.whole(.ok, HeaderLines([("a", long)]), body: body, traits: AnswerTraits())
        #expect(text(answer) == "HTTP/1.1 200 OK\r\na: \(long)\r\ncontent-length: 5\r\n\r\nhello")
        let large = String(repeating: "y", count: 100_000)
        var other = AnswerBytes.whole(.ok, HeaderLines(), body: ByteBuffer(string: large), traits: AnswerTraits())
        #expect(text(other) == "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n\(large)")
        other.sayClose()
        #expect(text(other) == "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\nconnection: close\r\n\r\n\(large)")
    }

    @Test func `the end can be announced after the fact, once`() {
        var body = DoorRequest.bodyBuffer()
        body.writeString("hello")
        var answer = AnswerBytes.whole(.notFound, HeaderLines(), body: body, traits: AnswerTraits())
        answer.sayClose()
        answer.sayClose()
        #expect(text(answer) == "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        var empty = AnswerBytes.whole(
            .noContent, HeaderLines(), body: ByteBuffer(), traits: AnswerTraits(keepAlive: false))
        empty.sayClose()
        #expect(text(empty) == "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
    }

    @Test func `no header can forge a line`() {
        let answer = AnswerBytes.whole(
            .ok, HeaderLines([("a\r\nb", "c\r\nset-cookie: x\0")]), body: ByteBuffer(), traits: AnswerTraits())
        #expect(text(answer) == "HTTP/1.1 200 OK\r\na  b: c  set-cookie: x \r\ncontent-length: 0\r\n\r\n")
    }

    @Test func `many answers from many threads cost the loop few wake-ups and none is lost`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let wakes = Tally()
        let seen = Tally()
        let bounds = StreamBounds(high: 1, low: 1, most: 1)
        let slot = Mutex<AnswerMailbox?>(nil)
        let mailbox = AnswerMailbox(eventLoop: loop, streamBounds: bounds) {
            var box: [Delivery] = []
            slot.withLock { $0 }?.collect(into: &box)
            wakes.add(1)
            seen.add(box.count)
        }
        slot.withLock { $0 = mailbox }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    var ids = RequestNumbers(SystemRandom())
                    let requests = (0..<250).map { _ in
                        DoorRequest(
                            head: head, body: ByteBuffer(), arrival: .now(), id: ids.make(), traits: AnswerTraits(),
                            mailbox: mailbox)
                    }
                    Wakes.together(requests) { $0.respond(.ok) }
                }
            }
        }
        while seen.count < 1000 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(seen.count == 1000)
        #expect(wakes.count <= 64)
        try await group.shutdownGracefully()
    }
}
