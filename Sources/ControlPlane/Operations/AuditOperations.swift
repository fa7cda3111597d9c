import Contract

/// `/v1/audit`: what its call is.
enum AuditOperations {
    static let list = Operation(
        "listAudit", "GET", "/v1/audit", tag: "Audit", "Lists the audit log",
        details: """
            Everything that changed the control plane, and every support access. An entry is written in the same transaction \
            as the change that it tells of. Times are those of the nodes that were asked, so that who follows the log reads \
            some seconds back and passes over the ids that it knows.
            """,
        caller: .scope("read"),
        parameters: [
            .init(.query, "tenant", ControlSchemas.key, "Of this tenant, by its key or id."),
            .init(.query, "actor", .text, "By this credential, such as `admin:ops`."),
            .init(.query, "subject", .text, "Done to this."),
            .init(.query, "since", .text, "From a time on (RFC 3339), or as long ago as `24h`."),
            .init(.query, "until", .text, "Before a time."),
            .init(
                .query, "order", .choice(["newest", "oldest"]), "Which come first; the newest where it is not said."),
            .limit, .cursor,
        ],
        answers: [.init(200, "One page.", .json(ControlSchemas.page(of: "AuditEntry")))], failures: [.keyInvalid])

    static let all = [list]
}
