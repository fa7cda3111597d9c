import ArgumentParser
import Settings
import Terminal

extension TenantCommand {
    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a tenant another key.")

        @OptionGroup var tenant: KeyArgument
        @Argument(help: "The new key.", transform: TenantKeyText.check) var newKey: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                _ = try await client.call(.get, TenantPath.tenant(tenant.key))
                return Console.write("would rename \(TerminalText.visible("\(tenant.key) to \(newKey)"))\n")
            }
            let body = JSONValue.object(["key": .string(newKey)])
            remote.show(try await client.call(.patch, TenantPath.tenant(tenant.key), body: body), as: .tenants)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a tenant; it can be brought back for a while (the node's tenants.recovery).")

        @OptionGroup var tenant: KeyArgument
        @Flag(help: "For good and at once; nothing brings it back.") var purge = false
        @Flag(help: "Yes, for good: --purge does nothing without it.") var yes = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard !purge || yes || change.dryRun else {
                throw ValidationError("--purge destroys the tenant's data for good; add --yes if that is meant")
            }
        }

        func run() async throws {
            let client = try remote.client()
            let key = TerminalText.visible(tenant.key)
            if change.dryRun {
                let found = try await client.call(.get, TenantPath.tenant(tenant.key))
                let size = found["bytes"]?.integer.map { ", \(HumanText.size($0))" } ?? ""
                return Console.write("would \(purge ? "destroy" : "delete") tenant \(key)\(size)\n")
            }
            let query = [(name: "purge", value: purge ? Optional("true") : nil)]
            let path = RequestPath.build(["v1", "tenants", tenant.key], query: query)
            let answer = try await client.call(.delete, path)
            if remote.json { return Console.write(answer.text(pretty: true) + "\n") }
            Console.write(
                purge
                    ? "destroyed \(key)\n"
                    : "deleted \(key); `rowhouse tenant undelete` brings it back until the recovery time is over\n")
        }
    }

    struct Undelete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring a deleted tenant back.")

        @OptionGroup var tenant: KeyArgument
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                let found = try await client.call(.get, TenantPath.tenant(tenant.key))
                guard found["state"]?.string == "deleted" else {
                    throw CommandFailure(.conflict, "tenant \(tenant.key) is not deleted")
                }
                return Console.write("would bring tenant \(TerminalText.visible(tenant.key)) back\n")
            }
            let answer = try await client.call(.post, TenantPath.tenant(tenant.key, "undelete"), body: .object([:]))
            remote.show(answer, as: .tenants)
        }
    }

    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token for a tenant.",
            discussion: "The token goes to standard output, alone, so that a script can take it.")

        enum Access: String, CaseIterable, ExpressibleByArgument {
            case ro
            case rw
            case ddl
        }

        @OptionGroup var tenant: KeyArgument
        @Option(help: "What it allows: ro reads, rw also writes, ddl also changes the schema.") var access = Access.rw
        @Option(help: ArgumentHelp("How long it is valid: 30m, 24h, 90d.", valueName: "duration")) var expires = "24h"
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard let duration = DurationText.parse(expires), duration > .zero else {
                throw ValidationError("--expires takes a duration such as 30m, 24h or 90d, not \(expires)")
            }
        }

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                _ = try await client.call(.get, TenantPath.tenant(tenant.key))
                let key = TerminalText.visible(tenant.key)
                return Console.write("would make a token for \(key), \(access.rawValue), valid for \(expires)\n")
            }
            let body: JSONValue = .object(["access": .string(access.rawValue), "expiresIn": .string(expires)])
            let made = try await client.call(.post, TenantPath.tenant(tenant.key, "tokens"), body: body)
            if remote.json { return Console.write(made.text(pretty: true) + "\n") }
            guard let token = made["token"]?.string else {
                throw CommandFailure.unreachable(client.base, "the answer has no token")
            }
            Console.write(TerminalText.visible(token) + "\n")
            let expiry = made["expiresAt"]?.string ?? "in \(expires)"
            Console.complain(TerminalText.visible("id \(made["id"]?.string ?? "?"), expires \(expiry)"))
        }
    }
}
