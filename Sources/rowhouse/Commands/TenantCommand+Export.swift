import ArgumentParser
import Foundation
import Terminal

extension TenantCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a tenant's database into a file.",
            discussion: """
                The file is a plain SQLite database as of the tenant's newest commit; the tenant serves on meanwhile. \
                A download that breaks off goes on where it was. The file appears under its name when it is whole.
                """)

        @OptionGroup var tenant: KeyArgument
        @Argument(help: "The file to write.", completion: .file()) var file: String
        @Flag(help: "Replace the file if it is there.") var force = false
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            if !force, FileManager.default.fileExists(atPath: file) {
                throw CommandFailure(.conflict, "\(file) is already there", advice: "choose another name, or --force")
            }
            let download = Download(
                client: try remote.client(), path: RequestPath.build(["t", tenant.key, "snapshot"]), target: file,
                label: tenant.key)
            let got = try await download.run()
            if remote.json {
                let facts: [String: JSONValue] = [
                    "tenant": .string(tenant.key), "file": .string(file), "bytes": .integer(got.bytes),
                    "bookmark": .string(got.bookmark),
                ]
                return Console.write(JSONValue.object(facts).text(pretty: true) + "\n")
            }
            let words = "exported \(tenant.key) to \(file), \(HumanText.size(got.bytes)), as of \(got.bookmark)"
            Console.write(TerminalText.visible(words) + "\n")
        }
    }
}
