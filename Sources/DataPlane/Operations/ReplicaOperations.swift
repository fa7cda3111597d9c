import Contract

/// What embedded replicas of libSQL's native client call.
enum ReplicaOperations {
    private static let number = Schema.integer(0...4_294_967_295)
    private static let generation = Operation.Parameter(.path, "generation", number, "Of the replica.")
    private static let from = Operation.Parameter(.path, "from", number, "The first frame; they begin with 1.")
    private static let to = Operation.Parameter(.path, "to", number, "The first frame that is not asked for.")
    private static let frames = Operation.Content.binary("application/octet-stream")
    private static let failures = TenantPlane.failures + [.notFound, .catalogUnavailable]

    static let all = [info, export, pull, push, pushOn]

    private static let info = Operation(
        "replicaInfo", "GET", "\(TenantPlane.base)/info", tag: TenantPlane.tag,
        "What a new embedded replica begins with", caller: .tenant, parameters: TenantPlane.parameters,
        answers: [.init(200, "The generation.", .json(.object([.init("current_generation", number)])))],
        failures: failures, errorForm: .protocolOfClients)

    private static let export = Operation(
        "replicaExport", "GET", "\(TenantPlane.base)/export/{generation}", tag: TenantPlane.tag,
        "A generation's first state as one SQLite file", caller: .tenant,
        parameters: TenantPlane.parameters + [generation],
        answers: [.init(200, "The file.", .binary("application/vnd.sqlite3"), headers: ["Cache-Control"])],
        failures: failures + [.replicaOutOfDate], errorForm: .protocolOfClients)

    private static let pull = Operation(
        "replicaPull", "GET", "\(TenantPlane.base)/sync/{generation}/{from}/{to}", tag: TenantPlane.tag,
        "What came after a replica's last frame",
        details: "Whole commits, as many as fit below `to` but one at least: 24 bytes and a page for each frame.",
        caller: .tenant, parameters: TenantPlane.parameters + [generation, from, to],
        answers: [
            .init(200, "Frames.", frames, headers: ["Cache-Control"]),
            .init(
                400, "Nothing more in this generation: `generation` is the newest. Or an error, as everywhere.",
                .json(.any)),
        ],
        failures: failures + [.replicaUnknown], errorForm: .protocolOfClients)

    private static let push = pushing(
        "replicaPush", "", [], "Frames of commits that a replica made offline",
        details:
            "Done when it ends with a commit and is answered `ok` with the last frame's number. `conflict` where somebody "
            + "else has written since what the replica stands on: nothing was done. A lower `max_frame_no` asks for what "
            + "comes after it; a `baton` says that a commit's rest is awaited. The same frames again do nothing.")

    private static let pushOn = pushing(
        "replicaPushOn", "/{baton}",
        [.init(.path, "baton", .text, "Of the answer to the frames before. One that is too old begins anew.")],
        "More frames of the same commit")

    private static func pushing(
        _ id: String, _ path: String, _ parameters: [Operation.Parameter], _ title: String, details: String = ""
    ) -> Operation {
        Operation(
            id, "POST", "\(TenantPlane.base)/sync/{generation}/{from}/{to}\(path)", tag: TenantPlane.tag, title,
            details: details, caller: .tenant,
            parameters: TenantPlane.parameters + [generation, from, to] + parameters, body: [frames],
            isBodyRequired: false,
            answers: [.init(200, "What became of it.", .json(result))],
            failures: failures + [
                .pushInvalid, .pushNotOffered, .pushRefused, .replicaUnknown, .transactionTooLarge, .quotaExceeded,
            ], errorForm: .protocolOfClients)
    }

    private static let result = Schema.object([
        .init("status", .choice(["ok", "conflict"])), .init("generation", number), .init("max_frame_no", number),
        .optional("baton", .text),
    ])
}
