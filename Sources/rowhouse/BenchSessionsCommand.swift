import Access
import Accounts
import ArgumentParser
import Benchmarks
import Catalog
import CatalogDrivers
import Foundation
import Seams
import Tenants
import Terminal
import Vocabulary

struct BenchSessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "Look-ups of sessions and users in an embedded catalog, remembered and not.",
        discussion: "Loads as many users as sessions first, each with one membership.")

    @Option(help: "Users, and sessions.") var sessions = 1_000_000
    @Option(help: "Look-ups of each kind.") var lookups = 100_000
    @Option(help: "Look-ups under way at once, where they ask the catalog.") var inFlight = 8
    @Option(help: "Where the benchmark's folder is made, and removed again.") var data = "."
    @Flag(help: "Answer in JSON.") var json = false

    func validate() throws {
        guard (1_000...10_000_000).contains(sessions) else {
            throw ValidationError("--sessions takes 1000 to 10000000")
        }
        guard (100...10_000_000).contains(lookups) else { throw ValidationError("--lookups takes 100 to 10000000") }
        guard (1...1_024).contains(inFlight) else { throw ValidationError("--in-flight takes 1 to 1024") }
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: data).standardizedFileURL.path + "/rowhouse-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let stage = try await SessionStage.open(folder)
        try await stage.load(sessions) { Console.show($0) }
        Console.endProgress()
        let results = try await stage.measure(lookups, inFlight: inFlight)
        try await stage.close()
        show(results)
    }

    private static func microseconds(_ nanoseconds: Int64) -> String {
        "\(nanoseconds / 1000).\(nanoseconds / 100 % 10) µs"
    }

    private func show(_ results: [SessionStage.Result]) {
        if json {
            let items = results.map { result in
                JSONValue.object([
                    "what": .string(result.name), "rate": .number(result.rate), "p50ns": .integer(result.p50),
                    "p99ns": .integer(result.p99),
                ])
            }
            return Console.write(
                JSONValue.object(["sessions": .integer(Int64(sessions)), "results": .array(items)]).text(pretty: true)
                    + "\n")
        }
        var table = Table(
            [Table.Column("WHAT"), Table.Column("PER SECOND", right: true), Table.Column("P50", right: true)]
                + [Table.Column("P99", right: true)])
        for result in results {
            table.add([
                result.name, String(Int(result.rate)), Self.microseconds(result.p50), Self.microseconds(result.p99),
            ])
        }
        Console.write("\(sessions) users and sessions\n" + table.text(width: Console.width))
    }
}
