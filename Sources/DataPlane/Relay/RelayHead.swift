import Access
import Cluster
import NIOCore
import NIOHTTP1

/// What of a request goes on to the owner, and what of its answer comes back.
enum RelayHead {
    /// Writes the request's head as the owner is to read it: same method, path and host; without what belongs to the client's
    /// connection, and without its credentials, which the stamp replaces.
    static func write(
        _ head: HTTPRequestHead, _ framing: RelayFraming, to owner: NodeAddress,
        stamp: (stamp: String, authority: String),
        signature: String, into buffer: inout ByteBuffer
    ) {
        buffer.writeString(head.method.rawValue)
        buffer.writeStaticString(" ")
        buffer.writeString(head.uri)
        buffer.writeStaticString(" HTTP/1.1\r\n")
        let named = connectionOptions(head.headers)
        for (name, value) in head.headers where passesOn(name) && !names(named, name) {
            writeLine(name, value, into: &buffer)
        }
        // HTTP/1.0 knew no Host; the owner is asked in 1.1.
        if !head.headers.contains(name: "host") { writeLine("host", owner.authority, into: &buffer) }
        framing.write(for: head.method, into: &buffer)
        writeLine(InternalHeaders.stamp, stamp.stamp, into: &buffer)
        writeLine(InternalHeaders.authority, stamp.authority, into: &buffer)
        writeLine(InternalHeaders.signature, signature, into: &buffer)
        buffer.writeStaticString("\r\n")
    }

    private static func writeLine(_ name: String, _ value: String, into buffer: inout ByteBuffer) {
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        buffer.writeStaticString("\r\n")
    }

    /// The headers of the answer that are the client's business. Length and persistence are the door's.
    static func answerHeaders(_ head: HTTPResponseHead) -> [(String, String)] {
        let named = connectionOptions(head.headers)
        return head.headers.compactMap { name, value in
            isHop(name) || isLength(name) || InternalHeaders.contains(name) || names(named, name) ? nil : (name, value)
        }
    }

    /// As the head says it; nil where it does not, or not in one number.
    static func length(_ head: HTTPResponseHead) -> Int? {
        let values = head.headers[canonicalForm: "content-length"]
        return values.count == 1 ? Int(values[0]) : nil
    }

    static func passesOn(_ name: String) -> Bool {
        if isHop(name) || isLength(name) || InternalHeaders.contains(name) { return false }
        switch name.utf8.count {
        case 6: return !name.isHeader("expect") && !name.isHeader("cookie")
        case 13: return !name.isHeader("authorization")
        case 19: return !name.isHeader("proxy-authorization")
        default: return true
        }
    }

    private static func isLength(_ name: String) -> Bool { name.isHeader("content-length") }

    /// RFC 9110 §7.6.1.
    private static func isHop(_ name: String) -> Bool {
        switch name.utf8.count {
        case 2: name.isHeader("te")
        case 7: name.isHeader("upgrade") || name.isHeader("trailer")
        case 10: name.isHeader("connection") || name.isHeader("keep-alive")
        case 16: name.isHeader("proxy-connection")
        case 17: name.isHeader("transfer-encoding")
        default: false
        }
    }

    /// What `Connection` names belongs to the connection too. Nearly always nothing of interest.
    private static func connectionOptions(_ headers: HTTPHeaders) -> [Substring] {
        guard headers.contains(name: "connection") else { return [] }
        return headers[canonicalForm: "connection"].filter { $0 != "close" && $0 != "keep-alive" }
    }

    private static func names(_ options: [Substring], _ name: String) -> Bool {
        !options.isEmpty && options.contains { $0.lowercased() == name.lowercased() }
    }
}
