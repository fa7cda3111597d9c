import ArgumentParser
import Terminal

extension TenantCommand {
    struct SetFields: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Change a tenant's labels or its state.")

        enum State: String, CaseIterable, ExpressibleByArgument {
            case ready
            case readOnly = "read-only"
            case blocked
        }

        @OptionGroup var tenant: KeyArgument
        @Option(help: ArgumentHelp("A label to add or change; may be repeated.", valueName: "name=value"))
        var label: [String] = []
        @Option(help: ArgumentHelp("A label to take away; may be repeated.", valueName: "name"))
        var removeLabel: [String] = []
        @Option(help: "Whether it is served: ready, read-only or blocked.") var state: State?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            _ = try LabelText.read(label)
            guard !label.isEmpty || !removeLabel.isEmpty || state != nil else {
                throw ValidationError("nothing to change; see --label, --remove-label and --state")
            }
        }

        func run() async throws {
            var labels = try LabelText.read(label)
            for name in removeLabel { labels[name] = .null }
            var body: [String: JSONValue] = [:]
            if !labels.isEmpty { body["labels"] = .object(labels) }
            if let state { body["state"] = .string(state.rawValue) }
            let path = TenantPath.tenant(tenant.key, dryRun: change.dryRun)
            let answer = try await remote.client().call(.patch, path, body: .object(body))
            guard !change.dryRun else {
                return remote.rehearsed("change", "tenant \(tenant.key)", ["tenant": answer])
            }
            remote.show(answer, as: .tenants)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a tenant's token: at once on the node that is asked, on the others within a second.")

        @OptionGroup var tenant: KeyArgument
        @Argument(help: "The token's id, which was shown when it was made.") var id: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            let facts: [String: JSONValue] = ["tenant": .string(tenant.key), "id": .string(id)]
            if change.dryRun {
                _ = try await client.call(.get, TenantPath.tenant(tenant.key))
                return remote.rehearsed("revoke", "token \(id) of \(tenant.key)", facts)
            }
            _ = try await client.call(.delete, TenantPath.tenant(tenant.key, "tokens", id))
            if remote.json { return Console.write(JSONValue.object(facts).text(pretty: true) + "\n") }
            Console.write(TerminalText.visible("revoked token \(id) of \(tenant.key)") + "\n")
        }
    }
}
