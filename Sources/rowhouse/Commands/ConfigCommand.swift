import ArgumentParser
import Settings
import Terminal

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check, print and explain a node's configuration.",
        subcommands: [Check.self, Print.self, Explain.self])
}

extension ConfigCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report every mistake of a configuration, and of the files and folders that it names.",
            discussion: "What it finds is what `rowhouse serve` would refuse to start with.")

        @OptionGroup var sources: SettingsOptions
        @Flag(help: "Answer in JSON.") var json = false

        func run() async throws {
            let mistakes = mistakes()
            if json {
                let items = mistakes.map { mistake in
                    JSONValue.object([
                        "where": .string("\(mistake.origin)"), "key": .string(mistake.key),
                        "message": .string(mistake.message),
                    ])
                }
                Console.write(JSONValue.object(["mistakes": .array(items)]).text(pretty: true) + "\n")
            } else {
                for mistake in mistakes { Console.complain(TerminalText.visible("\(mistake)")) }
                if mistakes.isEmpty { Console.write("no mistakes\n") }
            }
            if !mistakes.isEmpty { throw ExitCode(CommandStatus.failed.rawValue) }
        }

        private func mistakes() -> [SettingMistake] {
            do throws(SettingsError) {
                _ = try ServeChecks.load(sources)
                return []
            } catch {
                return error.mistakes
            }
        }
    }

    struct Print: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the configuration that holds, every key annotated, as a file that can be used again.")

        @OptionGroup var sources: SettingsOptions
        @Flag(help: "The defaults, whatever the environment says.") var defaults = false
        @Flag(help: "Every key with its value, its default and where the value was given.") var json = false

        func run() async throws {
            guard !defaults || !json else { throw ValidationError("--defaults and --json do not go together") }
            if defaults { return Console.write(SettingsPrinter.yaml(ServerSettings())) }
            let loaded: LoadedSettings
            do throws(SettingsError) {
                loaded = try sources.load()
            } catch {
                throw CommandFailure(.failed, "the configuration has mistakes\n\(error)")
            }
            Console.write(json ? Self.json(loaded) : SettingsPrinter.yaml(loaded.settings))
        }

        private static func json(_ loaded: LoadedSettings) -> String {
            let members = SettingsTable.all.map { setting in
                let entry: [String: JSONValue] = [
                    "value": setting.text(in: loaded.settings).map { .string($0) } ?? .null,
                    "default": setting.defaultText.map { .string($0) } ?? .null,
                    "from": .string("\(loaded.origin(of: setting.path))"),
                ]
                return (setting.path, JSONValue.object(entry))
            }
            return JSONValue.object(Dictionary(uniqueKeysWithValues: members)).text(pretty: true) + "\n"
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Explain a key, or list the keys of a section.")

        @Argument(help: "A key such as limits.body-size, or a section such as limits.") var key: String
        @Flag(help: "Answer in JSON; a section gives one object on each line.") var json = false

        func run() async throws {
            guard let page = SettingsExplainer.explain(key) else {
                let near = SettingsExplainer.suggestion(for: key).map { "did you mean \($0)?" }
                throw CommandFailure(.notFound, "there is no key \(key)", advice: near ?? "see `rowhouse config print`")
            }
            guard json else { return Console.write(page + "\n") }
            let settings = SettingsTable.setting(key).map { [$0] } ?? SettingsExplainer.settings(in: key)
            for setting in settings { Console.write(Self.json(setting).text() + "\n") }
        }

        private static func json(_ setting: Setting) -> JSONValue {
            .object([
                "key": .string(setting.path), "kind": .string(setting.kind), "takes": .string(setting.expected),
                "units": setting.units.map { .string($0) } ?? .null, "help": .string(setting.help),
                "default": setting.defaultText.map { .string($0) } ?? .null,
                "environment": .string(setting.environmentVariable),
            ])
        }
    }
}
