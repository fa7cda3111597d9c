import Contract

/// What embedded replicas of libSQL's native client call.
enum ReplicaOperations {
    private static let number = Schema.integer(0...4_294_967_295)
    private static let generation = Operation.Parameter(.path, "generation", number, "Of the replica.")
    private static let from = Operation.Parameter(.path, "from", number, "The first frame; they begin with 1.")
    private static let to = Operation.Parameter(.path, "to", number, "The first frame that is not asked for.")
    private static let frames = Operation.Content.binary("application/octet-stream")
    private static let failures = TenantPlane.failures + [.notFound, .catalogUnavailable]

    static let all = [info, export, pull, push]

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

    private static let push = Operation(
        "replicaPush", "POST", "\(TenantPlane.base)/sync/{generation}/{from}/{to}", tag: TenantPlane.tag,
        "Not offered: frames of commits that were made offline", caller: .tenant,
        parameters: TenantPlane.parameters + [generation, from, to], body: [frames], isBodyRequired: false,
        answers: [], failures: failures + [.pushNotOffered], errorForm: .protocolOfClients)
}
