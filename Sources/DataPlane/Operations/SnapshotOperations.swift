import Contract

/// `GET snapshot` and `PUT snapshot`.
enum SnapshotOperations {
    private static let file = Operation.Content.binary("application/vnd.sqlite3")
    private static let headers = ["ETag", "Accept-Ranges", "Cache-Control", "Vary"]

    private static let get = Operation(
        "snapshot", "GET", "\(TenantPlane.base)/snapshot", tag: TenantPlane.tag,
        "The whole database as one SQLite file",
        details:
            "Of the newest commit, while others write. A range goes on with the version that its `If-Range` names.",
        caller: .tenant,
        parameters: TenantPlane.parameters + [
            .init(.header, "Range", .string(pattern: "^bytes=[0-9]{1,15}-[0-9]{0,15}$"), "A part of the file."),
            .init(.header, "If-Range", .text, "The `ETag` of the version that the range is of."),
            .init(.header, "If-None-Match", .text, "Versions that the caller has."),
        ],
        answers: [
            .init(200, "The file.", file, headers: headers),
            .init(206, "The part.", file, headers: headers + ["Content-Range"]),
            .init(304, "The caller has this version.", headers: headers),
            .init(416, "The file is shorter.", headers: headers + ["Content-Range"]),
        ],
        failures: TenantPlane.failures)

    private static let result = Operation.Content.json(
        .object([
            .init("bookmark", .text, "Of the tenant from now on."),
            .init("bytes", .integer(), "Of the file that came."),
        ]))

    private static let put = Operation(
        "replace", "PUT", "\(TenantPlane.base)/snapshot", tag: TenantPlane.tag,
        "A SQLite file in the place of the whole database",
        details: """
            Checked and written anew first, then in place at once: whatever happens, the tenant has its old content or the \
            new one. Open transactions end with `TENANT_REPLACED`. A tenant that is not there is made where the caller may \
            make tenants.
            """,
        caller: .tenant,
        parameters: TenantPlane.parameters + [
            .init(.header, "If-Match", .text, "The `ETag` or bookmark of the version that may be replaced, or `*`.")
        ],
        body: [file],
        answers: [
            .init(200, "The content is the file's.", result, headers: ["ETag"]),
            .init(201, "The same, of a tenant that was made for it.", result, headers: ["ETag"]),
        ],
        failures: TenantPlane.failures + [
            .snapshotInvalid, .snapshotDamaged, .snapshotRefused, .quotaExceeded, .idempotencyNotPossible, .keyHeld,
            .tenantDeleted, .configInvalid,
        ])

    static let all = [get, put]
}
