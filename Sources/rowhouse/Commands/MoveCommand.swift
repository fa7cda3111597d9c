import ArgumentParser
import Terminal

struct MoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "List, show and cancel moves of tenants between nodes.",
        discussion: "`rowhouse tenant move` starts one.",
        subcommands: [List.self, Show.self, Cancel.self])
}

extension MoveCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List moves, those under way and past ones.")

        @Option(help: "How many at most; 0 for all.") var limit = 100
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
        }

        func run() async throws {
            try await Pages(path: ["v1", "moves"], limit: limit).show(remote, as: .moves)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a move.")

        @Argument(help: "The move's id.") var id: String
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let move = try await remote.client().call(.get, RequestPath.build(["v1", "moves", id]))
            remote.show(move, as: .moves)
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a move up, as long as the tenant has not changed its owner.")

        @Argument(help: "The move's id.") var id: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            let path = RequestPath.build(["v1", "moves", id])
            if change.dryRun {
                let move = try await client.call(.get, path)
                let state = move["state"]?.string ?? "unknown"
                guard !["committed", "done", "aborted"].contains(state) else {
                    throw CommandFailure(.conflict, "the move is \(state) and cannot be given up")
                }
                return remote.rehearsed("give up", "move \(id), which is \(state)", ["move": .string(id)])
            }
            let answer = try await client.call(.delete, path)
            if remote.json { return Console.write(answer.text(pretty: true) + "\n") }
            Console.write(TerminalText.visible("gave up move \(id)") + "\n")
        }
    }
}
