import ArgumentParser
import Terminal

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "List, show and drain the nodes of the cluster.",
        subcommands: [List.self, Show.self, Drain.self, Undrain.self])
}

extension NodeCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List nodes.")

        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            try await Pages(path: ["v1", "nodes"]).show(remote, as: .nodes)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a node.")

        @Argument(help: "The node's name.") var id: String
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let node = try await remote.client().call(.get, RequestPath.build(["v1", "nodes", id]))
            remote.show(node, as: .nodes)
        }
    }
}
