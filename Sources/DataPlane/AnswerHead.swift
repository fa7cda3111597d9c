import NIOCore
import NIOHTTP1

/// Status line and headers of an answer, to be put in front of its body.
enum AnswerHead {
    enum Framing: Hashable {
        case length(Int)
        case chunked
        /// No length and no chunks: statuses without a body, and streams to HTTP/1.0, which end with the connection.
        case bare
    }

    enum Persistence: Hashable { case implied, close, keepAlive }

    static func make(
        _ status: HTTPResponseStatus, _ lines: HeaderLines, framing: Framing, persistence: Persistence,
        stamp: AnswerStamp?
    ) -> HeaderLines {
        var head = HeaderLines()
        if status == .ok {
            head.append("HTTP/1.1 200 OK\r\n")
        } else {
            head.append("HTTP/1.1 ")
            head.append(decimal: Int(status.code))
            head.append(" ")
            head.append(text: status.reasonPhrase)
            head.append("\r\n")
        }
        head.append(lines)
        stamp?.write(into: &head)
        switch framing {
        case .length(let count):
            head.append("content-length: ")
            head.append(decimal: count)
            head.append("\r\n")
        case .chunked: head.append("transfer-encoding: chunked\r\n")
        case .bare: break
        }
        switch persistence {
        case .implied: break
        case .close: head.append("connection: close\r\n")
        case .keepAlive: head.append("connection: keep-alive\r\n")
        }
        head.append("\r\n")
        return head
    }
}

/// What this node says of itself and of the request in every answer that it makes.
struct AnswerStamp: Sendable {
    /// Of the node: the same for all.
    let lines: HeaderLines
    let id: RequestNumber

    func write(into head: inout HeaderLines) {
        head.append(lines)
        head.append("rowhouse-request-id: ")
        head.append(hexadecimal: id.number, digits: RequestNumber.digits)
        head.append("\r\n")
    }
}
