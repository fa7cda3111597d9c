import ArgumentParser
import Foundation
import Terminal

@main
struct Rowhouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rowhouse",
        abstract: "A database for each of your customers: SQLite tenants by the thousand, durable through one journal.",
        discussion: """
            Commands other than serve, config and journal talk to a node: --url or ROWHOUSE_URL says which, --token or \
            ROWHOUSE_TOKEN with what right; --profile takes both from ~/.config/rowhouse/profiles.yaml.

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 conflict, 5 node unreachable, 6 unauthorised.
            """,
        version: Build.version,
        subcommands: [
            TenantCommand.self, UserCommand.self, SessionCommand.self, SignUpCommand.self, ClaimCommand.self,
            FlagCommand.self,
            AuditCommand.self, KeyCommand.self, MoveCommand.self,
            NodeCommand.self, RebalanceCommand.self, TopCommand.self, ConfigCommand.self, AccessCommand.self,
            JournalCommand.self, CatalogCommand.self, BenchCommand.self, VersionCommand.self, ServeCommand.self,
            CompletionsCommand.self,
        ])

    static func main() async {
        StandardDescriptors.secure()
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(with: error)
        }
    }

    /// Also where the arguments could not be read.
    private static var wantsJSON: Bool { CommandLine.arguments.prefix { $0 != "--" }.contains("--json") }

    /// Says what went wrong and exits with the documented code. Help and completion scripts come this way as well:
    /// the parser throws them.
    private static func leave(with error: any Error) -> Never {
        if let failure = error as? CommandFailure {
            Console.complain(wantsJSON ? failure.json.text() : failure.description)
            Foundation.exit(failure.status.rawValue)
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if code.isSuccess {
            if !text.isEmpty { Console.write(text + "\n") }
            Foundation.exit(CommandStatus.ok.rawValue)
        }
        let status = code == .validationFailure ? CommandStatus.usage : .failed
        if !text.isEmpty {
            Console.complain(wantsJSON ? CommandFailure(status, message(for: error)).json.text() : text)
        }
        Foundation.exit(status == .usage ? status.rawValue : code.rawValue)
    }
}
