import ArgumentParser
import Foundation
import Settings
import Terminal

/// Runs a node until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a node.",
        discussion: """
            Without a configuration file it is a complete single node: data in ./rowhouse-data, listening on 127.0.0.1:8080.

            SIGTERM or SIGINT stops it in order: nothing new is accepted, what runs is finished, every commit is copied into \
            its tenant's file. A second signal ends it at once; nothing acknowledged is lost then either. SIGHUP has it read its \
            configuration again and take up what can change while it runs (`rowhouse config explain` says which keys); the log \
            says what was taken up, and what needs a restart.

            Exit codes: 0 stopped in order, 1 failed or ended at once, 65 journal damaged, 73 data directory in use, 77 listen refused, 78 \
            configuration.
            """)

    @OptionGroup var sources: SettingsOptions

    @Flag(help: "Go on without the records that a damaged journal has lost. Read the message that asks for it first.")
    var acceptLoss = false

    @Flag(help: "Let this data directory take the place of the one that its node is registered with, once.")
    var replaceNode = false

    @Flag(help: "Let the node register in another catalog than the one that its data directory belongs to, once.")
    var replaceCatalog = false

    func run() async throws {
        let settings: ServerSettings
        do throws(SettingsError) {
            settings = try ServeChecks.load(sources).settings
        } catch {
            if error.mistakes.count == 1, error.mistakes == [(try? sources.load()).flatMap(ServeChecks.listenMistake)] {
                throw Self.exit(.listenRefused("\(error)"))
            }
            throw Self.exit(.config("the configuration has mistakes\n\(error)"))
        }
        do {
            let options = ServeOptions(
                source: { () throws(SettingsError) in try ServeChecks.load(sources).settings }, acceptLoss: acceptLoss,
                replaceNode: replaceNode, replaceCatalog: replaceCatalog)
            try await Node(settings: settings, options: options).run()
        } catch let failure as ServeFailure {
            throw Self.exit(failure)
        } catch {
            throw Self.exit(.failed("\(error)"))
        }
    }

    private static func exit(_ failure: ServeFailure) -> ExitCode {
        Console.complain(failure.description)
        return ExitCode(failure.exitCode)
    }
}
