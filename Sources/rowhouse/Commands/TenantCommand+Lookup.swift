import ArgumentParser
import Terminal

extension TenantCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List tenants.")

        @Option(help: "Only tenants whose key begins with this.") var prefix: String?
        @Option(help: ArgumentHelp("Only tenants with this label.", valueName: "name:value")) var label: String?
        @Option(help: "Only tenants in this state: creating, ready, read-only, blocked, deleted.") var state: String?
        @Option(help: "In the order of their key, size (the largest first) or activity (the last used first).")
        var sort = "key"
        @Option(help: "How many at most; 0 for all.") var limit = 1000
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
            guard ["key", "size", "activity"].contains(sort) else {
                throw ValidationError("--sort takes key, size or activity")
            }
        }

        func run() async throws {
            let query = [
                (name: "prefix", value: prefix), (name: "label", value: label), (name: "state", value: state),
                (name: "sort", value: sort == "key" ? nil : sort),
            ]
            try await Pages(path: ["v1", "tenants"], query: query, limit: limit).show(remote, as: .tenants)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a tenant.")

        @OptionGroup var tenant: KeyArgument
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let found = try await remote.client().call(.get, TenantPath.tenant(tenant.key))
            remote.show(found, as: .tenants)
        }
    }
}
