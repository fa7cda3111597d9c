import Contract

/// `/v1/load`: what its call is.
enum LoadOperations {
    static let show = Operation(
        "showLoad", "GET", "/v1/load", tag: "Nodes", "Shows what nodes and their busiest tenants use",
        details: "As the nodes report it every ten seconds, each with its 256 busiest by each measure.",
        caller: .scope("read"),
        parameters: [
            .limit,
            .init(.query, "by", .choice(LoadOrder.allCases.map(\.rawValue)), "By what; cpu where it is not said."),
        ], answers: [.init(200, "The load.", .json(LoadObject.schema))])

    static let all = [show]
}
