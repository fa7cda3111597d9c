import ArgumentParser
import Foundation
import Terminal

/// Which node to talk to, with what right, and how to show what it says.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Address of a node (default: ROWHOUSE_URL, else http://127.0.0.1:8080).", valueName: "url"))
    var url: String?

    @Option(help: "Token to present (default: ROWHOUSE_TOKEN). The variable keeps it out of the list of processes.")
    var token: String?

    @Flag(help: "Answer in JSON; lists give one object on each line.")
    var json = false

    /// - Throws: `CommandFailure` with status 2 where the address is none.
    func client() throws(CommandFailure) -> RemoteClient {
        let environment = ProcessInfo.processInfo.environment
        let given = url ?? environment["ROWHOUSE_URL"].flatMap { $0.isEmpty ? nil : $0 } ?? "http://127.0.0.1:8080"
        guard let base = RequestPath.base(given) else {
            throw CommandFailure(.usage, "\(given) is no address of a node", advice: "write it as http://HOST:PORT")
        }
        let token = token ?? environment["ROWHOUSE_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        guard token?.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) ?? true else {
            throw CommandFailure(.usage, "the token has characters that no token has")
        }
        return RemoteClient(base: base, token: token)
    }

    /// The answer to a call about one object: as JSON, or field by field.
    func show(_ item: JSONValue, as listing: Listing) {
        Console.write(json ? item.text(pretty: true) + "\n" : listing.details(item))
    }
}

/// For commands that change something.
struct DryRunOption: ParsableArguments {
    @Flag(help: "Check and say what would be done, without doing it.")
    var dryRun = false
}
