import ArgumentParser
import Terminal

extension TenantCommand {
    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a tenant on a node; the next plan brings it there.",
            discussion: "`rowhouse tenant move` brings it there now.")

        @OptionGroup var tenant: KeyArgument
        @Option(help: "The node's name; where it is now, if not said.") var to: String?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            var node = to
            if node == nil { node = try await client.call(.get, TenantPath.tenant(tenant.key))["node"]?.string }
            guard let node else { throw CommandFailure.unreachable(client.base, "the answer has no node") }
            _ = try await client.call(.get, RequestPath.build(["v1", "nodes", node]))
            try await TenantCommand.place(["pin": .string(node)], tenant, change, remote)
        }
    }

    struct Unpin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a tenant go to any node again.")

        @OptionGroup var tenant: KeyArgument
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            try await TenantCommand.place(["pin": .null], tenant, change, remote)
        }
    }

    struct Isolate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep all other tenants away from a tenant's node; the next plan sees to it.")

        @OptionGroup var tenant: KeyArgument
        @Flag(help: "Let others be beside it again.") var off = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            try await TenantCommand.place(["isolated": .bool(!off)], tenant, change, remote)
        }
    }

    private static func place(
        _ body: [String: JSONValue], _ tenant: KeyArgument, _ change: DryRunOption, _ remote: RemoteOptions
    ) async throws {
        let path = TenantPath.tenant(tenant.key, dryRun: change.dryRun)
        let answer = try await remote.client().call(.patch, path, body: .object(body))
        guard !change.dryRun else { return remote.rehearsed("change", "tenant \(tenant.key)", ["tenant": answer]) }
        remote.show(answer, as: .tenants)
    }
}
