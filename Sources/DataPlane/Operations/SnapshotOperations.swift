import Contract

/// `GET snapshot`.
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

    static let all = [get]
}
