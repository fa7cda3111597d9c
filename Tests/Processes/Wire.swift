import Foundation
import Glibc

/// A plain HTTP/1.1 connection, so that tests see exactly what goes over the wire. Blocking; one thread at a time.
package final class Wire: @unchecked Sendable {
    // @unchecked: belongs to one thread.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [String: String]
        package let body: [UInt8]
        package var text: String { String(decoding: body, as: UTF8.self) }
        package var json: Any? { try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) }
        package var object: [String: Any] { json as? [String: Any] ?? [:] }
    }

    package struct Broken: Error {}

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    package init(host: String = "127.0.0.1", port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // Thrown from here on, an error runs `deinit`, which closes; closing twice would hit another thread's descriptor.
        guard code == 0 else { throw Broken() }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// - Throws: `Broken` when the connection ends before the answer does.
    package func send(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\n"
        if headers["Host"] == nil { head += "Host: localhost\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        try write(Array((head + "\r\n" + (body ?? "")).utf8))
        return try read(isHead: method == "HEAD")
    }

    package func write(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Broken() }
            done += count
        }
    }

    /// Says that nothing more will be sent.
    package func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whether the server ends the connection now, with nothing more to read.
    package func isAtEnd() -> Bool {
        guard buffer.isEmpty else { return false }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) <= 0
    }

    /// The status of an interim answer such as 100, which `read` passes over.
    package func readInterim() throws -> Int {
        Int(try readHead().split(separator: " ").dropFirst().first ?? "") ?? 0
    }

    package func read(isHead: Bool = false) throws -> Answer {
        let head = try readHead()
        var lines = head.components(separatedBy: "\r\n")
        guard let status = Int(lines.removeFirst().split(separator: " ").dropFirst().first ?? "") else {
            throw Broken()
        }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        if status == 100 { return try read(isHead: isHead) }
        if isHead || status == 204 || status == 304 { return Answer(status: status, headers: headers, body: []) }
        if headers["transfer-encoding"]?.lowercased() == "chunked" {
            return Answer(status: status, headers: headers, body: try readChunks())
        }
        let count = Int(headers["content-length"] ?? "0") ?? 0
        return Answer(status: status, headers: headers, body: try take(count))
    }

    private func readHead() throws -> String {
        while true {
            if let end = buffer.firstRange(of: [13, 10, 13, 10]) {
                let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
                buffer.removeSubrange(..<end.upperBound)
                return head
            }
            try fill()
        }
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let size = try readLine()
            guard let count = Int(size.split(separator: ";").first ?? "", radix: 16) else { throw Broken() }
            body += try take(count)
            _ = try readLine()
            if count == 0 { return body }
        }
    }

    package func readLine() throws -> String {
        while true {
            if let end = buffer.firstRange(of: [13, 10]) {
                let line = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
                buffer.removeSubrange(..<end.upperBound)
                return line
            }
            try fill()
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { try fill() }
        let bytes = Array(buffer[..<count])
        buffer.removeFirst(count)
        return bytes
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { throw Broken() }
        buffer += chunk[..<count]
    }
}
