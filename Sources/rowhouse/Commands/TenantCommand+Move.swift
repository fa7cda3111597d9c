import ArgumentParser
import Settings
import Terminal
import Vocabulary

extension TenantCommand {
    struct Move: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move a tenant to another node and wait until it is there.")

        enum OnTransaction: String, CaseIterable, ExpressibleByArgument {
            case postpone
            case abort
        }

        @OptionGroup var tenant: KeyArgument
        @Option(help: "The node that is to hold it.") var to: String
        @Option(help: "What to do about transactions that clients hold open.")
        var onTransaction = OnTransaction.postpone
        @Option(help: ArgumentHelp("How long to wait for the end.", valueName: "duration")) var wait = "10m"
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard NodeID(to) != nil else { throw ValidationError("\(to) is no node's name; see `rowhouse node list`") }
            guard DurationText.parse(wait) != nil else {
                throw ValidationError("--wait takes a duration such as 30s or 10m, not \(wait)")
            }
        }

        func run() async throws {
            let client = try remote.client()
            if change.dryRun { return try await rehearse(client) }
            let move = try await client.call(
                .post, "/v1/moves",
                body: .object([
                    "tenant": .string(tenant.key), "to": .string(to), "onTransaction": .string(onTransaction.rawValue),
                ]))
            guard let id = move["id"]?.string else {
                throw CommandFailure.unreachable(client.base, "the answer has no move")
            }
            try await MoveFollower(client: client, id: id, patience: DurationText.parse(wait) ?? .seconds(600))
                .follow(from: move, json: remote.json)
        }

        private func rehearse(_ client: RemoteClient) async throws {
            let found = try await client.call(.get, TenantPath.tenant(tenant.key))
            let node = try await client.call(.get, RequestPath.build(["v1", "nodes", to]))
            let from = found["node"]?.string ?? "?"
            guard from != to else { throw CommandFailure(.conflict, "tenant \(tenant.key) is on \(to) already") }
            guard node["state"]?.string == "up" else {
                throw CommandFailure(.conflict, "node \(to) is \(node["state"]?.string ?? "in no known state")")
            }
            let size = found["bytes"]?.integer.map { ", \(HumanText.size($0))" } ?? ""
            remote.rehearsed(
                "move", "\(tenant.key) from \(from) to \(to)\(size)",
                ["tenant": .string(tenant.key), "from": .string(from), "to": .string(to)])
        }
    }
}
