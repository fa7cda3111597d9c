import Foundation
import Glibc
import Synchronization

/// A line to PostgreSQL that breaks at a message of ours, counted over all its connections.
final class PostgresProxy: @unchecked Sendable {
    // @unchecked: what changes is behind the mutex; the threads end with their sockets.

    enum Cut: CaseIterable, Sendable {
        /// The message does not arrive.
        case before
        /// The message arrives, and its answer does not.
        case after
        /// We see the line break, and the message arrives a while later all the same.
        case late
    }

    private struct Plan {
        var left = 0
        var cut: Cut?
    }

    let port: Int
    private let listener: Int32
    private let server: Int
    private let plan = Mutex(Plan())

    /// - Parameter server: its port; 0 for a line that is never answered.
    init(to server: Int) throws {
        self.server = server
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound, listen(listener, 64) == 0 else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        if server != 0 { Thread { [self] in accept() }.start() }
    }

    func end() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Breaks the line at the message that is `count` messages away; 1 is the next.
    func arm(_ cut: Cut, at count: Int) { plan.withLock { $0 = Plan(left: count, cut: cut) } }

    /// - Returns: whether the line was broken since `arm`.
    func disarm() -> Bool {
        plan.withLock { plan in
            defer { plan = Plan() }
            return plan.cut == nil
        }
    }

    private func next() -> Cut? {
        plan.withLock { plan in
            guard plan.cut != nil else { return nil }
            plan.left -= 1
            guard plan.left == 0 else { return nil }
            defer { plan.cut = nil }
            return plan.cut
        }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.address(server)
            let isThere = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isThere else {
                close(client)
                close(far)
                continue
            }
            // Messages are passed on one by one: the next must not wait for the last one's acknowledgement.
            var on: Int32 = 1
            for end in [client, far] {
                setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            }
            Thread { [self] in
                forward(from: client, to: far)
                // Whoever reads from it ends, and closes both.
                shutdown(far, Int32(SHUT_RDWR))
            }.start()
            Thread {
                var buffer = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = recv(far, &buffer, buffer.count, 0)
                    guard count > 0, Self.send(buffer[0..<count], to: client) else { break }
                }
                shutdown(client, Int32(SHUT_RDWR))
                // The other thread may still use them for a moment.
                usleep(500_000)
                close(client)
                close(far)
            }.start()
        }
        close(listener)
    }

    /// Message by message; the first has no kind.
    private func forward(from client: Int32, to far: Int32) {
        var isFirst = true
        while let message = Self.message(client, hasKind: !isFirst) {
            let cut = isFirst ? nil : next()
            isFirst = false
            switch cut {
            case nil: break
            case .before:
                shutdown(client, Int32(SHUT_RDWR))
                return
            case .after, .late:
                shutdown(client, Int32(SHUT_RDWR))
                if cut == .late { usleep(60_000) }
                _ = Self.send(message[...], to: far)
                // Long enough for the server to do what it was told.
                usleep(20_000)
                return
            }
            guard Self.send(message[...], to: far) else { return }
        }
    }

    private static func message(_ client: Int32, hasKind: Bool) -> [UInt8]? {
        let head = hasKind ? 5 : 4
        guard var message = receive(head, from: client) else { return nil }
        let size = message.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        guard size >= 4, let rest = receive(size - 4, from: client) else { return nil }
        message += rest
        return message
    }

    private static func receive(_ count: Int, from descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + done, count - done, 0) }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    private static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
