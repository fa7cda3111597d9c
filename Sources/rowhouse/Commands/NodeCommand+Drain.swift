import ArgumentParser
import Terminal

extension NodeCommand {
    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Empty a node, so that it can be stopped.",
            discussion: """
                No new tenants and no moves come to it any more, also after it was started anew, until `rowhouse node \
                undrain`. The node with the embedded catalog cannot be emptied.
                """)

        @Argument(help: "The node's name.") var id: String
        @Flag(help: "Wait until it is empty, and show how far it is.") var watch = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let path = RequestPath.build(
                ["v1", "nodes", id, "drain"], query: [(name: "dry-run", value: change.dryRun ? "true" : nil)])
            let client = try remote.client()
            let node = try await client.call(.post, path)
            guard change.dryRun else {
                return watch
                    ? try await DrainFollower(client: client, id: id).follow(remote) : remote.show(node, as: .nodes)
            }
            let tenants = node["tenants"]?.integer ?? 0
            remote.rehearsed("drain", "node \(id), which has \(tenants) tenants", ["node": .string(id)])
        }
    }

    struct Undrain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let tenants come to a node again.")

        @Argument(help: "The node's name.") var id: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                _ = try await client.call(.get, RequestPath.build(["v1", "nodes", id]))
                return remote.rehearsed("undrain", "node \(id)", ["node": .string(id)])
            }
            remote.show(try await client.call(.delete, RequestPath.build(["v1", "nodes", id, "drain"])), as: .nodes)
        }
    }
}
