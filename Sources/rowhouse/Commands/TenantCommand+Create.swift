import ArgumentParser
import Terminal

extension TenantCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a tenant.")

        @OptionGroup var tenant: KeyArgument
        @Option(help: "Schema to create it by (default: the one that the node's settings choose for the key).")
        var schema: String?
        @Option(help: ArgumentHelp("A label; may be repeated.", valueName: "name=value"))
        var label: [String] = []
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            _ = try labels()
        }

        func run() async throws {
            let client = try remote.client()
            if change.dryRun { return try await rehearse(client) }
            var body: [String: JSONValue] = ["key": .string(tenant.key)]
            if let schema { body["schema"] = .string(schema) }
            let labels = try labels()
            if !labels.isEmpty { body["labels"] = .object(labels) }
            let created = try await client.call(.post, "/v1/tenants", body: .object(body))
            remote.show(created, as: .tenants)
        }

        private func rehearse(_ client: RemoteClient) async throws {
            do throws(CommandFailure) {
                _ = try await client.call(.get, TenantPath.tenant(tenant.key))
            } catch {
                guard error.status == .notFound else { throw error }
                return Console.write("would create tenant \(TerminalText.visible(tenant.key))\n")
            }
            throw CommandFailure(.conflict, "tenant \(tenant.key) exists already")
        }

        private func labels() throws -> [String: JSONValue] {
            var labels: [String: JSONValue] = [:]
            for text in label {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, !parts[0].isEmpty else {
                    throw ValidationError("--label takes NAME=VALUE, not \(text)")
                }
                labels[parts[0]] = .string(parts[1])
            }
            return labels
        }
    }
}
