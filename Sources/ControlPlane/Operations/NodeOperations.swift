import Contract

/// `/v1/nodes`: what its calls are.
enum NodeOperations {
    static let list = Operation(
        "listNodes", "GET", "/v1/nodes", tag: "Nodes", "Lists the nodes, all on one page", caller: .scope("read"),
        parameters: [.limit, .cursor], answers: [.init(200, "The nodes.", .json(ControlSchemas.page(of: "Node")))])

    static let show = Operation(
        "showNode", "GET", "/v1/nodes/{id}", tag: "Nodes", "Shows a node", caller: .scope("read"),
        parameters: [.init(.path, "id", ControlSchemas.nodeName, "The node's name.")],
        answers: [.init(200, "The node.", .json(.named("Node")))], failures: [.notFound])

    private static let id = Operation.Parameter(.path, "id", ControlSchemas.nodeName, "The node's name.")

    static let drain = Operation(
        "drainNode", "POST", "/v1/nodes/{id}/drain", tag: "Nodes", "Empties a node",
        details: "No new tenants and no moves come to it any more; how many it still has is in `GET /v1/nodes/{id}`.",
        caller: .scope("operator"), parameters: [id, .dryRun],
        answers: [
            .init(202, "The node.", .json(.named("Node"))), .init(200, "It could be.", .json(.named("Node"))),
        ], failures: [.notFound, .holdsCatalog])

    static let undrain = Operation(
        "undrainNode", "DELETE", "/v1/nodes/{id}/drain", tag: "Nodes", "Lets tenants come to a node again",
        caller: .scope("operator"), parameters: [id], answers: [.init(202, "The node.", .json(.named("Node")))],
        failures: [.notFound])

    static let all = [list, show, drain, undrain]
}
