/// Why a server without credentials does not answer: a web page must not own a developer's server.
package enum OriginRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// `Host` is neither this machine nor under the configured domain: a name that was made to point here.
    case host
    /// `Origin` is not listed in `cors.origins`.
    case origin
    /// A browser says that the request comes from another site.
    case crossSite
    /// A proxy passed it on: the caller is not on this machine.
    case forwarded

    package var description: String {
        switch self {
        case .host:
            """
            without credentials this server answers only to localhost, loopback addresses and its configured domain; \
            configure an admin token to serve other names
            """
        case .origin, .crossSite:
            "this server has no credentials and does not answer web pages of other origins; list the origin in cors.origins"
        case .forwarded:
            "this server has no credentials and does not answer requests that a proxy passed on; configure an admin token"
        }
    }
}

/// Which requests a server answers that lets everybody on its machine in. With credentials the token decides and this rule
/// lets all pass.
package enum OriginRule {
    /// - Parameters:
    ///   - host: the header's value; HTTP/1.1 has exactly one, which the door checks.
    ///   - isForwarded: whether `Forwarded` or any `X-Forwarded-…` is there.
    ///   - domain: lower-case, without a leading dot.
    /// - Throws: `originRefused`.
    package static func evaluate(
        host: String?, origin: String?, secFetchSite: String?, isForwarded: Bool, domain: String?,
        allowedOrigins: CORSRule, credentialsConfigured: Bool
    ) throws(AccessError) {
        guard !credentialsConfigured else { return }
        guard !isForwarded else { throw .originRefused(.forwarded) }
        guard let host, isOurs(host, domain: domain) else { throw .originRefused(.host) }
        if let origin {
            guard allowedOrigins.lists(origin) else { throw .originRefused(.origin) }
        } else if let secFetchSite, isCrossSite(secFetchSite) {
            throw .originRefused(.crossSite)
        }
    }

    private static func isOurs(_ host: String, domain: String?) -> Bool {
        if HostText.isLoopback(host) { return true }
        guard let domain else { return false }
        let bytes = host.utf8.span
        guard bytes.count > 0, bytes[0] != UInt8(ascii: "["), let name = HostText.name(in: bytes) else { return false }
        return HostText.labels(in: bytes, name, under: domain) != nil
    }

    /// Other values (`same-origin`, `same-site`, `none`) come from pages of ours or from the address bar; a value that is
    /// no known one is taken for the worst.
    private static func isCrossSite(_ value: String) -> Bool {
        !["same-origin", "same-site", "none"].contains(value)
    }

    /// Whether a header of that name, in lower case, tells of a proxy.
    package static func tellsOfProxy(_ lowercasedName: String) -> Bool {
        lowercasedName == "forwarded" || lowercasedName.hasPrefix("x-forwarded-")
    }
}
