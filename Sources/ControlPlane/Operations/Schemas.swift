import Catalog
package import Contract

/// Forms that several of the control plane's calls share; the document has them by name.
package enum ControlSchemas {
    package static let all: [String: Schema] = [
        "Tenant": tenant, "Node": NodeObject.schema, "Move": move, "Plan": PlanObject.schema,
        "Rebalancing": RebalancingObject.schema, "TenantKey": key, "Labels": labels, "Flag": flag,
        "AuditEntry": auditEntry, "SigningKey": signingKey, "Claim": claim,
        "User": UserObject.schema, "Session": SessionObject.schema,
    ]

    static let key = Schema.string(length: 1...128)
    static let labels = Schema.map(.text)
    static let nodeName = Schema.string(length: 1...32, pattern: "^[a-z][a-z0-9-]*$")

    static let tenant = Schema.object([
        .init("id", .text, "128 bits, for ever the same."),
        .init("key", .named("TenantKey"), "What requests name it by; a rename changes it."),
        .init("schema", .text, "Which of the configured schemas it has."),
        .init("state", .choice(TenantRow.State.allCases.map(\.rawValue))),
        .init("node", .text, "Its owner."),
        .init("epoch", .integer(), "Raised each time that it changes hands."),
        .init("txid", .integer(), "Its newest transaction, as its node last reported."),
        .init("bytes", .integer(), "Its size, as its node last reported."),
        .init("labels", .named("Labels")),
        .init("quotas", .map(.integer())),
        .init("pin", .orNull(.text), "The node that it stays on."),
        .init("isolated", .boolean, "No other tenant is to be on its node."),
        .init("durability", .text),
        .init("createdAt", .time),
        .init("usedAt", .orNull(.time)),
    ])

    static let move = Schema.object([
        .init("id", .text),
        .init("tenant", .text, "The tenant's key; its id where it has none any more."),
        .init("from", .text),
        .init("to", .text),
        .init("state", .choice(MoveRow.State.allCases.map(\.rawValue))),
        .init("bytes", .integer(), "Copied so far."),
        .init("bytesTotal", .orNull(.integer()), "The tenant's size, as its node last reported."),
        .init("lag", .integer(), "Bytes that the copy is behind."),
        .init("predictedPauseMS", .orNull(.integer()), "How long writes would wait for these."),
        .init("pauseMS", .integer(), "How long writes waited."),
        .init("reason", .orNull(.text), "Why it was aborted, or waits."),
        .init("createdAt", .time),
        .init("updatedAt", .time),
    ])

    static let flag = Schema.object([
        .init("name", .text),
        .init("value", .any, "Null where the flag was taken away."),
        .init("version", .integer(), "Raised by each change."),
        .init("seq", .integer(), "Its place among all flags' changes."),
        .init("changedAt", .time),
        .init("changedBy", .text),
    ])

    static let auditEntry = Schema.object([
        .init("id", .text),
        .init("at", .time),
        .init("actor", .text, "The credential's name."),
        .init("action", .text, "Such as `tenant.create`."),
        .init("subject", .text, "What it was done to."),
        .optional("tenant", .text, "The id of the tenant that it concerns."),
        .init("detail", .map(.text)),
        .init("origin", .text, "The client's address."),
        .init("requestID", .text),
    ])

    static let signingKey = Schema.object([
        .init("kid", .text, "By which tokens name it."),
        .init("publicKey", .text, "Ed25519, the url-safe base64 of its 32 bytes."),
        .init("state", .choice(KeyObject.State.allCases.map(\.rawValue))),
        .init("createdAt", .time),
        .init("retiredAt", .orNull(.time)),
    ])

    static let claim = Schema.object([
        .init("namespace", .text),
        .init("value", .text),
        .init("tenant", .text, "The tenant's key."),
        .init("state", .choice(ClaimRow.State.allCases.map(\.rawValue))),
        .optional("token", .text, "When it is reserved, and never again."),
        .init("createdAt", .time),
        .init("expiresAt", .orNull(.time)),
    ])

    static func page(of name: String) -> Schema {
        .object([
            .init("items", .list(.named(name))),
            .init("next", .orNull(.text), "The cursor of the page after; null at the end."),
        ])
    }
}

extension Operation.Parameter {
    static let key = Self(.path, "key", ControlSchemas.key, "The tenant's key, percent-encoded.")
    static let limit = Self(.query, "limit", .integer(1...1000), "Items of a page; 100 where it is not said.")
    static let cursor = Self(.query, "cursor", .text, "The `next` of the page before.")
    static let dryRun = Self(.query, "dry-run", .boolean, "Look whether it would be refused, and change nothing.")
}
