/// How much one caller's program may make the server hold or do.
package struct ExecutionLimits: Sendable {
    /// Bytes of one response; a cursor's rows do not count, but each of them must fit.
    package var resultBytes = 10 << 20
    /// Bytes after which a part of a cursor's answer goes out.
    package var partBytes = 64 << 10
    /// SQL texts that a stream may store …
    package var storedTexts = 50
    /// … and bytes of each.
    package var storedTextBytes = 5_120
    /// Bytes of one SQL text.
    package var sqlBytes = 1 << 20
    /// Nanoseconds that one statement may run, within the request's own deadline.
    package var statementTime: UInt64 = 30_000_000_000

    package init() {}
}
