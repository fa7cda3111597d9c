/// How large a request may be. The body as a whole is bounded by whoever reads it.
package struct HranaLimits: Hashable, Sendable {
    /// Requests in a pipeline.
    package var requests: Int
    /// Steps in a batch.
    package var steps: Int
    /// Arguments of one statement; SQLite has no more parameters than this.
    package var arguments: Int
    /// Bytes of one SQL text.
    package var sqlBytes: Int
    package var batonBytes: Int
    /// How deep JSON may nest, the document itself being 1.
    package var depth: Int

    package init(
        requests: Int = 10_000, steps: Int = 10_000, arguments: Int = 32_766, sqlBytes: Int = 1 << 20,
        batonBytes: Int = 1024, depth: Int = 128
    ) {
        self.requests = requests
        self.steps = steps
        self.arguments = arguments
        self.sqlBytes = sqlBytes
        self.batonBytes = batonBytes
        self.depth = depth
    }
}
