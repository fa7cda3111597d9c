import ArgumentParser
import Foundation
import Terminal

struct FlagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag", abstract: "Set, watch and roll back flags: small values that every node hears of.",
        subcommands: [
            Set.self, Get.self, List.self, Unset.self, History.self, Rollback.self, Watch.self,
        ])

    static func path(_ name: String, _ rest: String..., version: Int64? = nil) -> String {
        RequestPath.build(["v1", "flags", name] + rest, query: [(name: "version", value: version.map(String.init))])
    }
}

extension FlagCommand {
    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a flag a value: JSON, or else text as it stands.",
            discussion: """
                  rowhouse flag set beta true
                  rowhouse flag set limits '{"uploads": 3}' --version 7
                """)

        @Argument(help: "The flag's name.") var name: String
        @Argument(help: "The value.") var value: String
        @Option(help: "Only if it is at this version; 0: only if it is not there.") var version: Int64?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            if case .null = parsed { throw ValidationError("a flag's value cannot be null; see `rowhouse flag unset`") }
            guard version ?? 0 >= 0 else { throw ValidationError("--version takes 0 or more") }
        }

        private var parsed: JSONValue { JSONValue(parsing: Data(value.utf8)) ?? .string(value) }

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                return remote.rehearsed("set", "\(name) to \(parsed.text())", ["name": .string(name), "value": parsed])
            }
            var body: [String: JSONValue] = ["value": parsed]
            if let version { body["version"] = .integer(version) }
            remote.show(try await client.call(.put, FlagCommand.path(name), body: .object(body)), as: .flags)
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a flag's value.",
            discussion: "As JSON, alone, so that a script can take it; --json tells all.")

        @Argument(help: "The flag's name.") var name: String
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let flag = try await remote.client().call(.get, FlagCommand.path(name))
            if remote.json { return remote.show(flag, as: .flags) }
            Console.write(TerminalText.visible((flag["value"] ?? .null).text()) + "\n")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List flags.")

        @OptionGroup var remote: RemoteOptions

        func run() async throws { try await Pages(path: ["v1", "flags"]).show(remote, as: .flags) }
    }

    struct Unset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a flag away; `rowhouse flag rollback` brings it back.")

        @Argument(help: "The flag's name.") var name: String
        @Option(help: "Only if it is at this version.") var version: Int64?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                _ = try await client.call(.get, FlagCommand.path(name))
                return remote.rehearsed("unset", name, ["name": .string(name)])
            }
            remote.show(try await client.call(.delete, FlagCommand.path(name, version: version)), as: .flags)
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a flag's versions, the newest first.")

        @Argument(help: "The flag's name.") var name: String
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            try await Pages(path: ["v1", "flags", name, "history"], isOnePage: true).show(remote, as: .flags)
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a flag its value of before.",
            discussion: "As a new version. Once more goes further back; --to names a version of the history.")

        @Argument(help: "The flag's name.") var name: String
        @Option(help: "The version whose value it gets.") var to: Int64?
        @Option(help: "Only if it is at this version.") var version: Int64?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                _ = try await client.call(.get, FlagCommand.path(name, "history"))
                return remote.rehearsed("roll back", name, ["name": .string(name)])
            }
            var body: [String: JSONValue] = [:]
            body["to"] = to.map { .integer($0) }
            body["version"] = version.map { .integer($0) }
            remote.show(
                try await client.call(.post, FlagCommand.path(name, "rollback"), body: .object(body)), as: .flags)
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print flags as they change, one JSON object a line, until interrupted.",
            discussion: "All of them first, unless --after says from which change on.")

        @Option(help: "Changes after this number (`seq`).") var after: Int64 = 0
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            var seq = after
            while true {
                let query = [(name: "after", value: Optional(String(seq))), (name: "wait", value: "30s")]
                let answer = try await client.call(.get, RequestPath.build(["v1", "flags"], query: query))
                guard let items = answer["items"]?.array, let newest = answer["seq"]?.integer else {
                    throw CommandFailure.unreachable(client.base, "the answer is no list; is it a node's address?")
                }
                if !items.isEmpty { Console.write(items.map { $0.text() + "\n" }.joined()) }
                seq = newest
            }
        }
    }
}
