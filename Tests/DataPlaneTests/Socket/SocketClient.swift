import DataPlane
import Foundation
import Hrana
import NIOCore
import NIOPosix

/// A client on a WebSocket that sends exactly the bytes it is told to.
final class SocketClient: @unchecked Sendable {
    // @unchecked: belongs to one task.
    enum Seen: Equatable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        case close(UInt16, String)
        /// The connection is at its end.
        case end
    }

    enum Failure: Error { case refused(String), unexpected(Seen) }

    let channel: any Channel
    private var input: AsyncStream<ByteBuffer>.Iterator
    private var buffer = ByteBuffer()
    private(set) var head = ""

    private init(_ channel: any Channel, _ input: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.input = input.makeAsyncIterator()
    }

    /// Connects without asking for a WebSocket yet.
    static func connect(_ port: Int, autoRead: Bool = true) async throws -> SocketClient {
        let (stream, source) = AsyncStream.makeStream(of: ByteBuffer.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: autoRead)
            .channelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Client.Collector(source))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return SocketClient(channel, stream)
    }

    /// - Parameter offer: the subprotocols; nil for none.
    static func open(
        _ door: HranaDoor, _ path: String = "/t/acme", offer: String? = "hrana3", headers: String = ""
    ) async throws -> SocketClient {
        let client = try await connect(door.door.port)
        try await client.send(Array(handshake(path, offer: offer, headers: headers).utf8))
        try await client.readHead()
        guard client.head.hasPrefix("HTTP/1.1 101 ") else { throw Failure.refused(client.head) }
        return client
    }

    /// Past the hello.
    static func ready(
        _ door: HranaDoor, _ path: String = "/t/acme", offer: String? = "hrana3", headers: String = ""
    ) async throws -> SocketClient {
        let client = try await open(door, path, offer: offer, headers: headers)
        try await client.send(#"{"type":"hello","jwt":null}"#)
        let answer = try await client.next()
        guard answer == .text(#"{"type":"hello_ok"}"#) else { throw Failure.unexpected(answer) }
        return client
    }

    static func handshake(_ path: String, offer: String? = "hrana3", headers: String = "") -> String {
        let offer = offer.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        return "GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(offer)\(headers)\r\n"
    }

    // MARK: Sending

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    func send(_ text: String) async throws { try await send(Self.frame(1, Array(text.utf8))) }

    func ask(_ id: Int, _ request: String) async throws {
        try await send(#"{"type":"request","request_id":\#(id),"request":\#(request)}"#)
    }

    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, reserved: UInt8 = 0
    ) -> [UInt8] {
        var bytes: [UInt8] = [opcode | reserved << 4 | (fin ? 0x80 : 0)]
        let mask: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(mask | UInt8(payload.count))
        case ..<65_536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(mask | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 255)) }
        }
        guard masked else { return bytes + payload }
        // Slow for large ones.
        if payload.count > 16_384 { return bytes + [0, 0, 0, 0] + payload }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    static func execute(_ sql: String, on stream: Int) -> String {
        #"{"type":"execute","stream_id":\#(stream),"stmt":{"sql":\#(HranaHouse.quoted(sql))}}"#
    }

    static func cursor(_ sql: String, on stream: Int, _ cursor: Int) -> String {
        #"{"type":"open_cursor","stream_id":\#(stream),"cursor_id":\#(cursor),"batch":{"steps":[{"stmt":{"sql":\#(HranaHouse.quoted(sql))}}]}}"#
    }

    // MARK: Receiving

    func readHead() async throws {
        while true {
            if let text = buffer.getString(at: buffer.readerIndex, length: buffer.readableBytes),
                let end = text.range(of: "\r\n\r\n")
            {
                head = String(text[..<end.upperBound])
                buffer.moveReaderIndex(forwardBy: head.utf8.count)
                return
            }
            guard await more() else { throw Failure.refused(String(buffer: buffer)) }
        }
    }

    /// The next frame.
    func next() async throws -> Seen {
        while true {
            if let seen = parse() { return seen }
            guard await more() else { return .end }
        }
    }

    /// The next answer.
    func answer() async throws -> JSON {
        let seen = try await next()
        guard case .text(let text) = seen else { throw Failure.unexpected(seen) }
        return JSON(text)
    }

    /// One request, and its answer.
    func call(_ id: Int, _ request: String) async throws -> JSON {
        try await ask(id, request)
        return try await answer()
    }

    private func more() async -> Bool {
        guard var bytes = await input.next() else { return false }
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
        return true
    }

    private func parse() -> Seen? {
        var ahead = buffer
        guard let first = ahead.readInteger(as: UInt8.self), let second = ahead.readInteger(as: UInt8.self) else {
            return nil
        }
        precondition(first & 0x80 != 0 && second & 0x80 == 0, "the server sends whole frames, unmasked")
        let length: Int?
        switch second {
        case 126: length = ahead.readInteger(as: UInt16.self).map(Int.init)
        case 127: length = ahead.readInteger(as: UInt64.self).map(Int.init)
        default: length = Int(second)
        }
        guard let length, let payload = ahead.readBytes(length: length) else { return nil }
        buffer = ahead
        switch first & 0x0F {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 2: return .binary(payload)
        case 8:
            return .close(UInt16(payload[0]) << 8 | UInt16(payload[1]), String(decoding: payload[2...], as: UTF8.self))
        case 9: return .ping(payload)
        default: return .pong(payload)
        }
    }

    func close() async throws { try await channel.close() }
}

extension DoorLimits {
    /// For clients that do not say that they have read the last frame.
    static var sockets: DoorLimits { quick.with { $0.linger = .milliseconds(500) } }
}
