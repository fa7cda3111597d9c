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
            ROWHOUSE_TOKEN with what right.

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 conflict, 5 node unreachable, 6 unauthorised.
            """,
        subcommands: [
            TenantCommand.self, MoveCommand.self, NodeCommand.self, ConfigCommand.self, AccessCommand.self,
            JournalCommand.self, BenchCommand.self, VersionCommand.self, ServeCommand.self,
        ])

    static func main() async {
        StandardDescriptors.secure()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(with: error)
        }
    }

    /// Says what went wrong and exits with the documented code. Help and completion scripts come this way as well:
    /// the parser throws them.
    private static func leave(with error: any Error) -> Never {
        if let failure = error as? CommandFailure {
            Console.complain(failure.description)
            Foundation.exit(failure.status.rawValue)
        }
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code.isSuccess {
            if !message.isEmpty { Console.write(message + "\n") }
            Foundation.exit(CommandStatus.ok.rawValue)
        }
        if !message.isEmpty { Console.complain(message) }
        Foundation.exit(code == .validationFailure ? CommandStatus.usage.rawValue : code.rawValue)
    }
}
