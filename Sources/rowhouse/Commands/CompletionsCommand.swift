import ArgumentParser
import Foundation
import Terminal

struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print the script that lets a shell complete commands, options and tenants' keys.",
        discussion: """
              bash   rowhouse completions bash > ~/.local/share/bash-completion/completions/rowhouse
              zsh    rowhouse completions zsh > a folder of $fpath, as _rowhouse, before compinit runs
              fish   rowhouse completions fish > ~/.config/fish/completions/rowhouse.fish

            Keys are asked of the node that the command line, ROWHOUSE_URL or the profile names; one that does not answer within a \
            second completes nothing.
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "The shell.") var shell: Shell

    func run() throws {
        guard let known = CompletionShell(rawValue: shell.rawValue) else { return }
        Console.write(Rowhouse.completionScript(for: known) + "\n")
    }
}

/// Keys of tenants that begin with what is typed, for shells.
enum TenantKeyCompletion {
    private static let patience = Duration.seconds(1)
    private static let most = "100"

    /// - Parameters:
    ///   - words: of the command line, as they are typed.
    ///   - prefix: what is typed of the key.
    @Sendable static func keys(_ words: [String], _ index: Int, _ prefix: String) async -> [String] {
        let typed = prefix.trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))
        guard let remote = try? RemoteOptions.parse(options(words)), let client = try? remote.client() else {
            return []
        }
        let path = RequestPath.build(
            ["v1", "tenants"], query: [(name: "prefix", value: typed), (name: "limit", value: most)])
        return await withTaskGroup(of: [String].self) { group in
            group.addTask {
                let answer = try? await client.call(.get, path)
                return answer?["items"]?.array?.compactMap { $0["key"]?.string } ?? []
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return []
            }
            defer { group.cancelAll() }
            return await group.next() ?? []
        }
    }

    /// Those that say which node to ask.
    private static func options(_ words: [String]) -> [String] {
        var found: [String] = []
        for (index, word) in words.enumerated() {
            for name in ["--url", "--token", "--profile"] {
                if word == name, index + 1 < words.count { found += [name, words[index + 1]] }
                if word.hasPrefix(name + "=") { found.append(word) }
            }
        }
        return found
    }
}
