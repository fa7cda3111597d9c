import NIOCore
import NIOHTTP1

/// Status line and headers of an answer, to be put in front of its body.
///
/// Knows its exact length before it is written, so that it can be written backwards into the room that a body buffer
/// keeps in front: the answer then goes out as one piece of memory without a copy.
struct AnswerHead {
    enum Framing: Hashable {
        case length(Int)
        case chunked
        /// No length and no chunks: statuses without a body, and streams to HTTP/1.0, which end with the connection.
        case bare
    }

    enum Persistence: Hashable { case implied, close, keepAlive }

    private let status: HTTPResponseStatus
    private let statusLine: String
    private let headers: [(String, String)]
    private let framing: Framing
    private let persistence: Persistence
    let byteCount: Int

    init(
        _ status: HTTPResponseStatus, headers: [(String, String)], framing: Framing, persistence: Persistence
    ) {
        self.status = status
        self.headers = headers
        self.framing = framing
        self.persistence = persistence
        statusLine = status == .ok ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
        var count = statusLine.utf8.count + 2
        for (name, value) in headers { count += name.utf8.count + value.utf8.count + 4 }
        count += framing.line.utf8.count + persistence.line.utf8.count
        byteCount = count
    }

    /// Writes exactly ``byteCount`` bytes from `start` on. The buffer must have that room; its indices stay.
    func write(into buffer: inout ByteBuffer, at start: Int) {
        var index = start
        index += buffer.setString(statusLine, at: index)
        for (name, value) in headers {
            index += buffer.setString(Self.oneLine(name), at: index)
            index += buffer.setStaticString(": ", at: index)
            index += buffer.setString(Self.oneLine(value), at: index)
            index += buffer.setStaticString("\r\n", at: index)
        }
        index += buffer.setString(framing.line, at: index)
        index += buffer.setStaticString(persistence.line, at: index)
        index += buffer.setStaticString("\r\n", at: index)
        assert(index == start + byteCount)
    }

    /// A header that would end its own line is a way to forge an answer: its control bytes become spaces. The length
    /// stays the same.
    private static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else { return text }
        return String(decoding: text.utf8.map { $0 == 13 || $0 == 10 || $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }
}

extension AnswerHead.Framing {
    fileprivate var line: String {
        switch self {
        case .length(let count): "content-length: \(count)\r\n"
        case .chunked: "transfer-encoding: chunked\r\n"
        case .bare: ""
        }
    }
}

extension AnswerHead.Persistence {
    fileprivate var line: StaticString {
        switch self {
        case .implied: ""
        case .close: "connection: close\r\n"
        case .keepAlive: "connection: keep-alive\r\n"
        }
    }
}

extension StaticString {
    fileprivate var utf8: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
