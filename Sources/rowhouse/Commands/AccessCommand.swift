import Access
import ArgumentParser
import Seams
import Settings
import Terminal

struct AccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access", abstract: "Make credentials for operators.", subcommands: [Token.self])
}

extension AccessCommand {
    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an admin token, and the lines of configuration that admit it.",
            discussion: """
                The token is shown once and stored nowhere: the configuration holds only its hash. Nothing is sent to \
                a node; the token works once its node has been started with the lines.
                """)

        @Argument(help: "The token's name, by which operators tell theirs apart.") var name: String
        @Option(parsing: .upToNextOption, help: "What it may do: admin, operator, read.")
        var scopes: [AdminScope] = [.admin]
        @Flag(help: "Answer in JSON.") var json = false

        func validate() throws {
            guard AdminTokenSetting.isName(name) else {
                throw ValidationError("a token's name is \(AdminTokenSetting.nameRule)")
            }
        }

        func run() async throws {
            let made = AdminToken.make(name: name, scopes: scopes, random: SystemRandom())
            if json {
                let answer: [String: JSONValue] = [
                    "name": .string(name), "token": .string(made.token), "sha256": .string(made.sha256),
                    "scopes": .array(scopes.map { .string($0.rawValue) }),
                ]
                return Console.write(JSONValue.object(answer).text(pretty: true) + "\n")
            }
            Console.write(
                """
                token (keep it; it is not shown again):
                  \(made.token)

                in the node's configuration:
                  access:
                    admin-tokens:
                      \(made.configLine)

                """)
        }
    }
}

extension AdminScope: ExpressibleByArgument {}
