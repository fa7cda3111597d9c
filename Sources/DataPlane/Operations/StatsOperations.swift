import Contract

/// `GET stats` and `DELETE stats`.
enum StatsOperations {
    private static let count = Schema.integer(0...9_007_199_254_740_992)

    private static let statement = Schema.object([
        .init("sql", .text, "Without literals, at most 1 KiB of it."), .init("count", count), .init("rowsRead", count),
        .init("rowsWritten", count), .init("totalMS", .number), .init("maxMS", .number),
    ])

    private static let latencies = Schema.object([
        .init("since", .time), .init("p50", .number), .init("p90", .number), .init("p99", .number),
        .init("max", .number),
    ])

    private static let report = Schema.object([
        .init("bytes", count), .init("txid", count), .init("bookmark", .text), .init("since", .time),
        .init("statements", count), .init("failures", count), .init("rowsRead", count), .init("rowsWritten", count),
        .init("durationMS", .number), .init("latencyMS", latencies),
        .init("top", .list(statement, most: 64), "Those that took the most time together."),
        .init("slowest", .list(statement, most: 64), "Those that took the longest once."),
    ])

    private static let get = Operation(
        "stats", "GET", "\(TenantPlane.base)/stats", tag: TenantPlane.tag, "What the tenant's statements cost",
        details:
            "Kept in memory: all begins anew with the node's process, latencies and statements with the tenant's opening.",
        caller: .tenant,
        parameters: TenantPlane.parameters + [
            .init(.query, "top", .integer(0...64), "How many; 10 where it is not said."),
            .init(.query, "slowest", .integer(0...64), "How many; 10 where it is not said."),
        ],
        answers: [.init(200, "The counts.", .json(report))], failures: TenantPlane.failures)

    private static let reset = Operation(
        "resetStats", "DELETE", "\(TenantPlane.base)/stats", tag: TenantPlane.tag, "Begins to count anew",
        details: "For callers who may write.", caller: .tenant, parameters: TenantPlane.parameters,
        answers: [.init(204, "All counts are nothing.")], failures: TenantPlane.failures)

    static let all = [get, reset]
}
