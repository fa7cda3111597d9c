/// `http://host:port` with nothing after it: where a node is, or which web page asks. Two that mean the same are
/// equal: scheme and host are lower case, the scheme's own port is left out, as browsers write `Origin`.
package struct HTTPOrigin: Sendable, Hashable, CustomStringConvertible {
    package let isSecure: Bool
    package let host: String
    package let port: Int

    /// Takes one trailing slash; `nil` for any path, query, user, other scheme or port 0.
    package init?(_ text: String) {
        let lower = text.lowercased()
        let rest: Substring
        if lower.hasPrefix("http://") {
            isSecure = false
            rest = lower.dropFirst("http://".count)
        } else if lower.hasPrefix("https://") {
            isSecure = true
            rest = lower.dropFirst("https://".count)
        } else {
            return nil
        }
        guard let (host, port) = HostPort.split(String(rest.hasSuffix("/") ? rest.dropLast() : rest)), port != 0
        else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
    }

    package var description: String {
        let scheme = isSecure ? "https" : "http"
        let bare = "\(scheme)://\(HostPort.bracketed(host))"
        return port == (isSecure ? 443 : 80) ? bare : "\(bare):\(port)"
    }
}
