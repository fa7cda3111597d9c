/// Which web origins may read answers, and what they are told. Copies share the list, which may be replaced while they are used.
package struct CORSRule: Sendable {
    /// Seconds that a browser may remember a preflight's answer.
    private static let preflightSeconds = 600
    private static let methods = "GET, POST, PUT, PATCH, DELETE"
    private static let requestHeaders = """
        Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Range, Rowhouse-Bookmark, \
        Rowhouse-Claim, Rowhouse-Tenant, Rowhouse-Timeout, traceparent, x-namespace
        """
    private static let exposed = """
        ETag, Location, Retry-After, Rowhouse-Bookmark, Rowhouse-Durability, Rowhouse-Node, Rowhouse-Request-ID
        """

    private let origins: Current<Set<String>>

    package static var none: CORSRule { CORSRule(origins: []) }

    /// - Parameter origins: as browsers send them, `https://app.example.com`. `*` matches nothing: answers that depend on a
    ///   token are never for everybody.
    package init(origins: [String]) { self.origins = Current(Self.usable(origins)) }

    package func replace(origins: [String]) { self.origins.value = Self.usable(origins) }

    private static func usable(_ origins: [String]) -> Set<String> { Set(origins).subtracting(["*", "null", ""]) }

    package var isEmpty: Bool { origins.value.isEmpty }

    package func lists(_ origin: String) -> Bool { origins.value.contains(origin) }

    /// Headers for an answer. `Vary` goes along whenever any origin is listed, so that no cache gives one origin's answer to
    /// another.
    package func headers(for origin: String?) -> [(name: String, value: String)] {
        guard !isEmpty else { return [] }
        guard let origin, lists(origin) else { return [("Vary", "Origin")] }
        return [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", Self.exposed),
            ("Vary", "Origin"),
        ]
    }

    /// Headers for the answer to an `OPTIONS` with `Access-Control-Request-Method`.
    ///
    /// - Returns: nil if the origin is not listed; the browser then keeps the page out.
    package func preflight(for origin: String?) -> [(name: String, value: String)]? {
        guard let origin, lists(origin) else { return nil }
        return [
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", Self.methods),
            ("Access-Control-Allow-Headers", Self.requestHeaders),
            ("Access-Control-Max-Age", String(Self.preflightSeconds)), ("Vary", "Origin"),
        ]
    }
}
