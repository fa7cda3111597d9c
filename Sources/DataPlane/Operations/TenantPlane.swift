package import Contract

/// What the data plane offers under a tenant's base, for the API's document. Requests are not routed by it (``HranaEndpoint`` is
/// what they go by), so each endpoint names its operations, and a test calls every one.
///
/// The document shows the form by path; the same calls are taken under a tenant's host name and with the header
/// `Rowhouse-Tenant`.
package enum TenantPlane {
    package static let operations: [Operation] =
        probes + ClientOperations.all + QueryOperations.all + SnapshotOperations.all + ReplicaOperations.all
        + StatsOperations.all

    package static let schemas: [String: Schema] = ClientSchemas.all.merging(QueryOperations.schemas) { first, _ in
        first
    }

    /// For the header `Allow`; nil where there is nothing.
    ///
    /// - Parameter path: what follows the base.
    static func allowedMethods(at path: String) -> String? {
        var methods = Set(operations.filter { $0.path == "\(base)/\(path)" }.map(\.method))
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.isEmpty ? nil : methods.sorted().joined(separator: ", ")
    }

    static let base = "/t/{tenant}"
    static let tag = "A tenant's data"

    /// Before any program runs.
    static let failures: [FailureCode] = [
        .keyInvalid, .tenantConflict, .tenantNotFound, .bookmarkMismatch, .tenantDamaged, .moving, .deadlineExceeded,
        .diskFull,
    ]

    static let parameters: [Operation.Parameter] = [tenant, timeout, bookmark]
    static let tenant = Operation.Parameter(
        .path, "tenant", .string(length: 1...128), "The tenant's key, percent-encoded.")
    static let timeout = Operation.Parameter(
        .header, "Rowhouse-Timeout", .integer(1...300_000), "Milliseconds; 30,000 where it is not said.")
    static let bookmark = Operation.Parameter(
        .header, "Rowhouse-Bookmark", .string(length: 1...64, pattern: "^[0-9a-f]{1,15}-[0-9a-f]{1,15}$"),
        "Of an earlier answer: what it tells of is seen.")
    static let idempotencyKey = Operation.Parameter(
        .header, "Idempotency-Key", .string(length: 1...128, pattern: "^[!-~]+$"),
        "The same key and body are done once, and answered alike for a day.")

    static let claim = Operation.Parameter(
        .header, "Rowhouse-Claim", .string(length: 52...436, pattern: "^rh_claim_[A-Za-z0-9_-]{43}$"),
        "The token of a claim's reservation, up to 8 with commas between: the tenant holds them with what the request commits."
    )

    private static let probes = ["v1", "v2", "v3", "v3-protobuf"].map { version in
        Operation(
            "probe" + version.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(), "GET",
            "\(base)/\(version)", tag: tag, "Whether this version of the clients' protocol is spoken here",
            caller: .anybody, parameters: [tenant], answers: [.init(200, "It is.", .init("text/plain", .text))],
            failures: [.keyInvalid], errorForm: .protocolOfClients)
    }
}
