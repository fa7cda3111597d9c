import ArgumentParser
import Foundation
import Terminal

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who changed what, when, from where.", subcommands: [List.self])
}

extension AuditCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the audit log, the newest entries first.")

        @Option(help: "Only what concerns this tenant: its key or id.") var tenant: String?
        @Option(help: "Only what this credential did, such as admin:ops.") var actor: String?
        @Option(help: "Only what was done to this.") var subject: String?
        @Option(help: "From a time on, or as long ago as 24h.") var since: String?
        @Option(help: "Before a time.") var until: String?
        @Option(help: "How many at most; 0 for all.") var limit = 100
        @Flag(help: "Wait for more, and print them as they come, the oldest first.") var follow = false
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
            guard !follow || until == nil else { throw ValidationError("--follow and --until do not go together") }
        }

        func run() async throws {
            guard follow else {
                return try await Pages(path: ["v1", "audit"], query: filter + [("since", since)], limit: limit)
                    .show(remote, as: .audit)
            }
            try await AuditFollower(client: try remote.client(), filter: filter, since: since, json: remote.json).run()
        }

        private var filter: [(name: String, value: String?)] {
            [("tenant", tenant), ("actor", actor), ("subject", subject), ("until", until)]
        }
    }
}

/// Prints entries as they come. They carry the times of the nodes that were asked, so one may come behind another that is
/// younger: some seconds are read again each time, and what is known is passed over.
private struct AuditFollower {
    private static let overlap = "30s"
    private static let pause = Duration.seconds(1)
    /// Ids that are remembered; far more than half a minute has.
    private static let memory = 50_000

    let client: RemoteClient
    let filter: [(name: String, value: String?)]
    let since: String?
    let json: Bool

    func run() async throws {
        var known: Set<String> = []
        var order: [String] = []
        var from = since ?? Self.overlap
        while true {
            var cursor: String?
            repeat {
                let page = try await page(from, cursor)
                let fresh = (page["items"]?.array ?? []).filter { known.insert($0["id"]?.string ?? "").inserted }
                order += fresh.compactMap { $0["id"]?.string }
                if !fresh.isEmpty {
                    Console.write(
                        json
                            ? fresh.map { $0.text() + "\n" }.joined()
                            : Listing.audit.table(fresh, width: Console.width))
                }
                cursor = page["next"]?.string
            } while cursor != nil
            if order.count > Self.memory {
                known.subtract(order.prefix(order.count - Self.memory))
                order.removeFirst(order.count - Self.memory)
            }
            from = Self.overlap
            try await ContinuousClock().sleep(for: Self.pause)
        }
    }

    private func page(_ since: String, _ cursor: String?) async throws -> JSONValue {
        let query: [(name: String, value: String?)] = [
            ("order", "oldest"), ("since", since), ("limit", "1000"), ("cursor", cursor),
        ]
        return try await client.call(.get, RequestPath.build(["v1", "audit"], query: filter + query))
    }
}
