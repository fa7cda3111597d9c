/// An address and port to listen on, written `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`. Port 0 lets the
/// system choose one.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package init?(_ text: String) {
        guard let (host, port) = HostPort.split(text), let port else { return nil }
        self.init(host: host, port: port)
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        if host == "localhost" { return true }
        return AddressRange.loopback.contains { $0.contains(host) }
    }

    package var description: String { "\(HostPort.bracketed(host)):\(port)" }
}

/// Splits and joins `host:port`, with IPv6 addresses in brackets.
enum HostPort {
    /// - Returns: `nil` where the host is empty or has characters that no host has, or the port is not 0–65535.
    static func split(_ text: String) -> (host: String, port: Int?)? {
        var host = Substring(text)
        var port: Int?
        let close = text.lastIndex(of: "]")
        if let colon = text.lastIndex(of: ":"), close.map({ $0 < colon }) ?? true {
            guard let number = number(text[text.index(after: colon)...]) else { return nil }
            host = text[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard AddressRange.bytes(of: String(host))?.count == 16 else { return nil }
        } else {
            guard isName(host) else { return nil }
        }
        return (String(host), port)
    }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    private static func number(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(text), value <= 65_535
        else { return nil }
        return value
    }

    private static func isName(_ host: Substring) -> Bool {
        !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
