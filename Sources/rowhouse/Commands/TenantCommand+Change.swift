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
            let body = JSONValue.object(["key": .string(newKey)])
            let path = TenantPath.tenant(tenant.key, dryRun: change.dryRun)
            let answer = try await remote.client().call(.patch, path, body: body)
            guard !change.dryRun else {
                return remote.rehearsed(
                    "rename", "\(tenant.key) to \(newKey)", ["tenant": .string(tenant.key), "to": .string(newKey)])
            }
            remote.show(answer, as: .tenants)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a tenant; it can be brought back for a while (the node's tenants.recovery).")

        @OptionGroup var tenant: KeyArgument
        @Flag(
            help: "For good and at once; nothing brings it back. In a cluster its key stays taken (tenants.key-hold).")
        var purge = false
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
                return remote.rehearsed(
                    purge ? "destroy" : "delete", "tenant \(tenant.key)\(size)",
                    ["tenant": .string(tenant.key), "bytes": found["bytes"] ?? .null])
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
                return remote.rehearsed("undelete", "tenant \(tenant.key)", ["tenant": .string(tenant.key)])
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
        @Option(
            help: """
                What it allows: ro reads; rw also writes, and changes the schema, which is the tenant's own; ddl is the \
                same until tenants share a schema.
                """)
        var access = Access.rw
        @Option(help: ArgumentHelp("How long it is valid: 30m, 24h, 90d.", valueName: "duration")) var expires = "24h"
        @Option(
            help: """
                Make a support token: it names you, and this reason and each of its uses are written down \
                (`rowhouse audit list`). It lives for access.support-time at most.
                """)
        var reason: String?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard seconds != nil else {
                throw ValidationError(
                    "--expires takes whole seconds from 1s to 3650d, such as 30m or 24h, not \(expires)")
            }
        }

        private var seconds: Int64? {
            guard let duration = DurationText.parse(expires) else { return nil }
            let (seconds, rest) = duration.components
            return rest == 0 && (1...315_360_000).contains(seconds) ? seconds : nil
        }

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                let found = try await client.call(.get, TenantPath.tenant(tenant.key))
                guard !["deleted", "purging"].contains(found["state"]?.string) else {
                    throw CommandFailure(.conflict, "tenant \(tenant.key) is deleted")
                }
                return remote.rehearsed(
                    "make a token for", "\(tenant.key), \(access.rawValue), valid for \(expires)",
                    ["tenant": .string(tenant.key), "access": .string(access.rawValue)])
            }
            let span = "\(seconds ?? 0)s"
            var body: [String: JSONValue] = ["access": .string(access.rawValue), "expiresIn": .string(span)]
            if let reason { body["reason"] = .string(reason) }
            let made = try await client.call(.post, TenantPath.tenant(tenant.key, "tokens"), body: .object(body))
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
