import NIOCore
import NIOEmbedded
import NIOHTTP1
import Seams
import Synchronization
import Testing

@testable import DataPlane

/// A thousand pipelined requests of every shape, cut into pieces anywhere, answered now or later, by us or by a tail:
/// the bytes that come out are the same.
struct SplitTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `any split of a thousand pipelined requests gives the same answers`(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let (input, expected) = Self.conversation(1000, &random)
        let bytes = Array(input.utf8)
        let run = try EmbeddedRun()
        var start = 0
        while start < bytes.count {
            let size = seed == 1 ? 1 : 1 + Int(random.next() % (1 << (random.next() % 14)))
            let end = min(bytes.count, start + size)
            try run.feed(bytes[start..<end])
            start = end
            if random.next() % 4 == 0 { run.answerHeld(Int(random.next() % 3)) }
        }
        while run.answerHeld(1) {}
        let output = try run.output()
        #expect(output == expected, "seed \(seed)")
        #expect(run.close())
    }

    /// Requests and, byte for byte, what they are answered.
    static func conversation(_ count: Int, _ random: inout SplitMix) -> (input: String, expected: String) {
        var input = ""
        var expected = ""
        var ids = RequestNumbers(NoChance())
        for number in 0..<count {
            let isOurs = random.next() % 3 > 0
            let path = isOurs ? "/t/\(number)" : "/x/\(number)"
            let body = String(repeating: "b", count: Int(random.next() % 40))
            switch random.next() % 4 {
            case 0:
                input += "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n"
                expected += isOurs ? ours(path, "", ids.make()) : tails(path, "")
            case 1:
                input += "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                expected += isOurs ? ours(path, body, ids.make()) : tails(path, body)
            case 2:
                input += "POST \(path) HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                if !body.isEmpty { input += "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n" }
                input += "0\r\n\r\n"
                expected += isOurs ? ours(path, body, ids.make()) : tails(path, body)
            default:
                input += "GET /.rowhouse/x HTTP/1.1\r\nHost: h\r\n\r\n"
                let id = ids.make()
                let refusal =
                    #"{"error":{"code":"not_found","message":"There is no \"such\" path.","requestID":"\#(id)"}}"#
                expected += "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\nrowhouse-request-id: \(id)\r\n"
                expected += "content-length: \(refusal.utf8.count)\r\n\r\n\(refusal)"
            }
        }
        return (input, expected)
    }

    private static func ours(_ path: String, _ body: String, _ id: RequestNumber) -> String {
        let text = path + " " + body
        return
            "HTTP/1.1 200 OK\r\na: b\r\nrowhouse-request-id: \(id)\r\ncontent-length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    private static func tails(_ path: String, _ body: String) -> String {
        let text = path + "|" + body
        return "HTTP/1.1 200 OK\r\ncontent-length: \(text.utf8.count)\r\n\r\n\(text)"
    }
}

/// The same numbers in every run.
private struct NoChance: RandomSource {
    func next() -> UInt64 { 7 }
    func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }
}

/// A connection without a socket, whose answers come when the test says.
final class EmbeddedRun {
    private let channel = EmbeddedChannel()
    private let held = HeldWork()

    init(limits: DoorLimits = DoorLimits()) throws {
        let held = held
        let service = FixtureService { request in held.add { Self.answer(request) } }
        let shared = DoorShared(
            limits: limits, rules: FixtureRules(), service: service, tail: EchoTail(held: held), lines: HeaderLines(),
            random: NoChance())
        _ = shared.crowd.take(1)
        let loop = DoorLoop(eventLoop: channel.eventLoop, shared: shared)
        try DoorHandler.install(in: channel, loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private static func answer(_ request: DoorRequest) {
        var body = DoorRequest.bodyBuffer()
        body.writeString(request.head.uri + " ")
        body.writeImmutableBuffer(request.body)
        request.respond(.ok, headers: [("a", "b")], body: body)
    }

    func feed(_ bytes: ArraySlice<UInt8>) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    /// - Returns: whether there was any to answer.
    @discardableResult
    func answerHeld(_ count: Int) -> Bool {
        for _ in 0..<count {
            guard held.runNext() else { return false }
            channel.embeddedEventLoop.run()
        }
        return true
    }

    func output() throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    /// - Returns: whether nothing was left to do, so that the connection could close at once.
    func close() -> Bool {
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        return !channel.isActive
    }
}

final class HeldWork: Sendable {
    private let work = Mutex<[@Sendable () -> Void]>([])
    func add(_ item: @escaping @Sendable () -> Void) { work.withLock { $0.append(item) } }
    func runNext() -> Bool {
        guard let item = work.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return false }
        item()
        return true
    }
}

/// A tail of one handler, which answers with path and body.
private struct EchoTail: DoorTail {
    let held: HeldWork
    func attach(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(EchoHandler(held))
    }

    private final class EchoHandler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private var text = ""
        private let held: HeldWork
        init(_ held: HeldWork) { self.held = held }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): text = head.uri + "|"
            case .body(let chunk): text += String(buffer: chunk)
            case .end: answer(context.channel, text)
            }
        }

        private func answer(_ channel: any Channel, _ text: String) {
            held.add {
                let headers: HTTPHeaders = ["content-length": "\(text.utf8.count)"]
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
                channel.write(HTTPServerResponsePart.head(head), promise: nil)
                channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            }
        }
    }
}

/// SplitMix64: the same sequence for the same seed, everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
