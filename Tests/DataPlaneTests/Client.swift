import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A client that sends exactly the bytes it is told to and reads answers as they come.
final class Client: @unchecked Sendable {
    struct Answer: Equatable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    enum Failure: Error { case closedEarly(String), malformed(String) }

    let channel: any Channel
    private var input: AsyncStream<ByteBuffer>.Iterator
    private var buffer = ""

    private init(_ channel: any Channel, _ input: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.input = input.makeAsyncIterator()
    }

    static func connect(port: Int, group: any EventLoopGroup, autoRead: Bool) async throws -> Client {
        let (stream, source) = AsyncStream.makeStream(of: ByteBuffer.self)
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: autoRead)
            .channelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(source))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return Client(channel, stream)
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func shutOutput() async throws { try await channel.close(mode: .output) }
    func close() async throws { try await channel.close() }

    /// As if killed by the network.
    func reset() async throws {
        guard let options = channel as? any SocketOptionProvider else { return }
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close()
    }

    /// Reads one answer. Interim answers count as answers.
    func answer(toHead: Bool = false) async throws -> Answer {
        while true {
            if let answer = try parse(toHead: toHead, atEnd: false) { return answer }
            guard await more() else {
                if let answer = try parse(toHead: toHead, atEnd: true) { return answer }
                throw Failure.closedEarly(buffer)
            }
        }
    }

    func ask(_ text: String, toHead: Bool = false) async throws -> Answer {
        try await send(text)
        return try await answer(toHead: toHead)
    }

    /// Everything that comes until the server's end.
    func rest() async -> String {
        while await more() {}
        defer { buffer = "" }
        return buffer
    }

    private func more() async -> Bool {
        guard let bytes = await input.next() else { return false }
        buffer += String(buffer: bytes)
        return true
    }

    private func parse(toHead: Bool, atEnd: Bool) throws -> Answer? {
        guard let blank = buffer.range(of: "\r\n\r\n") else { return nil }
        let lines = buffer[..<blank.lowerBound].split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure.malformed(buffer)
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        var rest = buffer[blank.upperBound...]
        var body = ""
        if toHead || status < 200 || status == 204 || status == 304 {
            // No body.
        } else if headers["transfer-encoding"] == "chunked" {
            while true {
                guard let line = rest.range(of: "\r\n") else { return nil }
                guard let size = Int(rest[..<line.lowerBound], radix: 16) else { throw Failure.malformed(buffer) }
                let after = rest[line.upperBound...]
                guard after.utf8.count >= size + 2 else { return nil }
                body += String(decoding: after.utf8.prefix(size), as: UTF8.self)
                rest = Substring(after.utf8.dropFirst(size + 2))
                if size == 0 { break }
            }
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            guard rest.utf8.count >= length else { return nil }
            body = String(decoding: rest.utf8.prefix(length), as: UTF8.self)
            rest = Substring(rest.utf8.dropFirst(length))
        } else {
            guard atEnd else { return nil }
            body = String(rest)
            rest = ""
        }
        buffer = String(rest)
        return Answer(status: status, headers: headers, body: body)
    }

    /// What the socket gives, until its end.
    final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let source: AsyncStream<ByteBuffer>.Continuation
        init(_ source: AsyncStream<ByteBuffer>.Continuation) { self.source = source }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { source.yield(unwrapInboundIn(data)) }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { source.finish() }
        }
        func channelInactive(context: ChannelHandlerContext) { source.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { source.finish() }
    }
}

extension String {
    func range(of text: String) -> Range<String.Index>? { self[...].range(of: text) }
}

extension Substring {
    /// Bytewise, as "\r\n" is one character to Swift.
    func range(of text: String) -> Range<String.Index>? {
        let needle = Array(text.utf8)
        var index = utf8.startIndex
        while index < utf8.endIndex {
            if utf8[index...].starts(with: needle) {
                return index..<utf8.index(index, offsetBy: needle.count)
            }
            index = utf8.index(after: index)
        }
        return nil
    }
}

func get(_ path: String, _ headers: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n"
}

func post(_ path: String, _ body: String, _ headers: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
}
