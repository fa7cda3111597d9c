import ArgumentParser
import Terminal

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Rotate the keys that tenants' tokens are signed with.",
        discussion: """
            `rowhouse key rotate` makes a new key, which signs as soon as every node knows it. What the one before has signed \
            stays valid; when that has expired, retire and remove it. A key that has leaked is removed at once with --force: \
            everything that it has signed is refused then.
            """,
        subcommands: [List.self, Rotate.self, Retire.self, Remove.self])

    static func path(_ kid: String, _ rest: String..., force: Bool = false) -> String {
        RequestPath.build(["v1", "keys", kid] + rest, query: [(name: "force", value: force ? "true" : nil)])
    }
}

extension KeyCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys.")

        @OptionGroup var remote: RemoteOptions

        func run() async throws { try await Pages(path: ["v1", "keys"], isOnePage: true).show(remote, as: .keys) }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key that signs when every node knows it.")

        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            guard !change.dryRun else { return remote.rehearsed("make", "a signing key") }
            let path = RequestPath.build(["v1", "keys"])
            remote.show(try await client.call(.post, path, body: .object([:])), as: .keys)
        }
    }

    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a key sign no more; what it has signed stays valid.")

        @Argument(help: "The key's id.") var kid: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            guard !change.dryRun else { return remote.rehearsed("retire", "key \(kid)", ["kid": .string(kid)]) }
            let path = KeyCommand.path(kid, "retire")
            remote.show(try await client.call(.post, path, body: .object([:])), as: .keys)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a key: every token that it has signed is refused.")

        @Argument(help: "The key's id.") var kid: String
        @Flag(
            help: "Although the key that is to sign instead may not be known everywhere yet: for one that has leaked.")
        var force = false
        @Flag(help: "Yes, refuse its tokens: nothing is done without it.") var yes = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard yes || change.dryRun else {
                throw ValidationError(
                    "this makes tokens worthless that clients may be using; add --yes if that is meant")
            }
        }

        func run() async throws {
            let client = try remote.client()
            guard !change.dryRun else { return remote.rehearsed("remove", "key \(kid)", ["kid": .string(kid)]) }
            _ = try await client.call(.delete, KeyCommand.path(kid, force: force))
            if remote.json { return Console.write(JSONValue.object(["kid": .string(kid)]).text(pretty: true) + "\n") }
            Console.write(TerminalText.visible("removed key \(kid)") + "\n")
        }
    }
}
