import ArgumentParser
import Settings
import Terminal

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what nodes and their busiest tenants use, again and again.",
        discussion:
            "Nodes report every ten seconds; rates are averages over two minutes. Elsewhere than on a terminal it is shown once."
    )

    enum Order: String, CaseIterable, ExpressibleByArgument {
        case cpu
        case writes
        case bytes
        case memory
    }

    @Option(help: "By what tenants are ordered: cpu, writes, bytes or memory.") var by = Order.cpu
    @Option(help: "How many tenants.") var limit = 20
    @Option(help: "How many times it is shown; 0 for ever.") var times: Int?
    @Option(help: ArgumentHelp("How long between two times.", valueName: "duration")) var every = "2s"
    @OptionGroup var remote: RemoteOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
        guard times ?? 0 >= 0 else { throw ValidationError("--times takes 0 or more") }
        guard DurationText.parse(every) != nil else {
            throw ValidationError("--every takes a duration such as 2s or 1m, not \(every)")
        }
    }

    func run() async throws {
        let client = try remote.client()
        let path = RequestPath.build(
            ["v1", "load"], query: [(name: "by", value: by.rawValue), (name: "limit", value: String(limit))])
        let pause = max(DurationText.parse(every) ?? .seconds(2), .milliseconds(100))
        let most = times ?? (Console.width == nil ? 1 : 0)
        var shown = 0
        while true {
            let load = try await client.call(.get, path)
            if remote.json {
                Console.write(load.text() + "\n")
            } else {
                // What was there before is written over, not kept: this is a picture, not a log.
                Console.write(
                    (most != 1 && Console.width != nil ? "\u{1B}[H\u{1B}[2J" : "")
                        + LoadText.text(load, width: Console.width))
            }
            shown += 1
            if shown == most { return }
            try await ContinuousClock().sleep(for: pause)
        }
    }
}
