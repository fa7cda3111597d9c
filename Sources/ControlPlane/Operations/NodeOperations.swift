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

    static let all = [list, show]
}
