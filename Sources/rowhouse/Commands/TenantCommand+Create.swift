import ArgumentParser
import Terminal

extension TenantCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a tenant.")

        @OptionGroup var tenant: KeyArgument
        @Option(help: "Schema to create it by (default: the first whose match fits the key, else default).")
        var schema: String?
        @Option(help: ArgumentHelp("A label; may be repeated.", valueName: "name=value"))
        var label: [String] = []
        @Option(help: "The node that it is to stay on (default: one with room, and it may be moved).")
        var pin: String?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            _ = try LabelText.read(label)
        }

        func run() async throws {
            let client = try remote.client()
            var body: [String: JSONValue] = ["key": .string(tenant.key)]
            if let schema { body["schema"] = .string(schema) }
            let labels = try LabelText.read(label)
            if let pin { body["pin"] = .string(pin) }
            if !labels.isEmpty { body["labels"] = .object(labels) }
            let answer = try await client.call(
                .post, TenantPath.all(dryRun: change.dryRun), body: .object(body))
            guard !change.dryRun else {
                return remote.rehearsed("create", "tenant \(tenant.key)", ["tenant": .string(tenant.key)])
            }
            remote.show(answer, as: .tenants)
        }
    }
}
