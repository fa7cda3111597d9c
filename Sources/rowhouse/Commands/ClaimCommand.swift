import ArgumentParser
import Terminal

struct ClaimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim", abstract: "Claim values that may be one tenant's only: slugs, phone numbers, domains.",
        discussion: """
            Reserve a value, write what it stands for into the tenant with the header Rowhouse-Claim and the reservation's token, \
            then confirm. What is not confirmed in time is settled by whether the write is there.
            """,
        subcommands: [Reserve.self, Confirm.self, Release.self, Show.self, List.self])

    static func path(_ claim: ClaimArguments, token: String? = nil) -> String {
        RequestPath.build(["v1", "claims", claim.namespace, claim.value], query: [(name: "token", value: token)])
    }
}

struct ClaimArguments: ParsableArguments {
    @Argument(help: "The namespace, such as slug.") var namespace: String
    @Argument(help: "The value.") var value: String
}

extension ClaimCommand {
    struct Reserve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reserve a value for a tenant.",
            discussion: "The token goes to standard output, alone, so that a script can take it.")

        @OptionGroup var claim: ClaimArguments
        @OptionGroup var tenant: KeyArgument
        @Option(help: "How long the reservation lasts: from 1s to 24h.") var ttl = "30s"
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                return remote.rehearsed("reserve", "\(claim.namespace)/\(claim.value) for \(tenant.key)")
            }
            let body = JSONValue.object(["tenant": .string(tenant.key), "ttl": .string(ttl)])
            let made = try await client.call(.put, ClaimCommand.path(claim), body: body)
            if remote.json { return Console.write(made.text(pretty: true) + "\n") }
            guard let token = made["token"]?.string, let end = made["expiresAt"]?.string else {
                throw CommandFailure.unreachable(client.base, "the answer has no token")
            }
            Console.write(TerminalText.visible(token) + "\n")
            Console.complain(TerminalText.visible("reserved until \(end)"))
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a claim last whose write is there.")

        @OptionGroup var claim: ClaimArguments
        @Argument(help: "The reservation's token.") var token: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            guard !change.dryRun else {
                return remote.rehearsed("confirm", "\(claim.namespace)/\(claim.value)")
            }
            let body = JSONValue.object(["token": .string(token), "confirm": .bool(true)])
            remote.show(try await client.call(.put, ClaimCommand.path(claim), body: body), as: .claims)
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Free a value.")

        @OptionGroup var claim: ClaimArguments
        @Argument(help: "The reservation's token.") var token: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            let name = "\(claim.namespace)/\(claim.value)"
            guard !change.dryRun else { return remote.rehearsed("free", name) }
            _ = try await client.call(.delete, ClaimCommand.path(claim, token: token))
            if remote.json {
                return Console.write(JSONValue.object(["claim": .string(name)]).text(pretty: true) + "\n")
            }
            Console.write(TerminalText.visible("freed \(name)") + "\n")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show whose a value is.")

        @OptionGroup var claim: ClaimArguments
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            remote.show(try await remote.client().call(.get, ClaimCommand.path(claim)), as: .claims)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List claims.")

        @Option(help: "Only this tenant's.") var tenant: String?
        @Option(help: "Only in this namespace.") var namespace: String?
        @Option(help: "How many at most; 0 for all.") var limit = 100
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
        }

        func run() async throws {
            try await Pages(
                path: ["v1", "claims"], query: [("tenant", tenant), ("namespace", namespace)], limit: limit
            ).show(remote, as: .claims)
        }
    }
}
