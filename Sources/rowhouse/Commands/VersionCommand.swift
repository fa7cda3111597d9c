import ArgumentParser
import SQLiteKit
import Terminal

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the versions of this program, or of a node.")

    @Flag(help: "Ask the node instead.")
    var node = false

    @OptionGroup var remote: RemoteOptions

    func run() async throws {
        let versions: JSONValue =
            node
            ? try await remote.client().call(.get, "/version")
            : .object(["version": .string(Build.version), "sqlite": .string(SQLiteRuntime.version)])
        remote.show(versions, as: Listing(fields: [Listing.Field("version", ""), Listing.Field("sqlite", "")]))
    }
}
