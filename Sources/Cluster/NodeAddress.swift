/// Where a node listens, as its row in the catalog says: `http://10.0.0.5:8080`, `http://[::1]:8080`.
package struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address; IPv6 without brackets.
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Returns: nil for anything but scheme `http`, a host, perhaps a port (80 where there is none) and perhaps a slash.
    package init?(_ text: String) {
        let scheme = "http://"
        guard text.lowercased().hasPrefix(scheme) else { return nil }
        var rest = text.dropFirst(scheme.count)
        if rest.last == "/" { rest = rest.dropLast() }
        guard !rest.isEmpty, rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@\\".utf8.contains($0) }) else {
            return nil
        }
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            self.init(host: rest[rest.index(after: rest.startIndex)..<end], after: rest[rest.index(after: end)...])
        } else {
            let colon = rest.firstIndex(of: ":") ?? rest.endIndex
            self.init(host: rest[..<colon], after: rest[colon...])
        }
    }

    private init?(host: Substring, after rest: Substring) {
        guard !host.isEmpty else { return nil }
        if rest.isEmpty {
            self.init(host: String(host), port: 80)
        } else {
            guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65_535).contains(port) else { return nil }
            self.init(host: String(host), port: port)
        }
    }

    /// As a Host header has it.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package var description: String { "http://\(authority)" }
}
