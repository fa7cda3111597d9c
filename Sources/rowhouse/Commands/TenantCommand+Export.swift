import ArgumentParser
import Foundation
import Seams
import Terminal

extension TenantCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a tenant's database into a file.",
            discussion: """
                The file is a plain SQLite database as of the tenant's newest commit, or, where its name ends in .sql, the SQL that \
                makes it again (sqlite3 new.db < file.sql). The tenant serves on meanwhile. A download that breaks off goes on where it \
                was. The file appears under its name when it is whole. SQL is made here, from a snapshot beside the file, which needs \
                room for both; - writes it to standard output.
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case sqlite, sql
        }

        @OptionGroup var tenant: KeyArgument
        @Argument(help: "The file to write; - for standard output (sql only).", completion: .file()) var file: String
        @Option(help: "sqlite or sql (default: by the file's name, else sqlite; sql for -).") var format: Format?
        @Flag(help: "Replace the file if it is there.") var force = false
        @OptionGroup var remote: RemoteOptions

        private var chosen: Format { format ?? (file == "-" || file.lowercased().hasSuffix(".sql") ? .sql : .sqlite) }

        func validate() throws {
            if file == "-", chosen == .sqlite {
                throw ValidationError("a database goes into a file; --format sql writes to standard output")
            }
            if file == "-", remote.json { throw ValidationError("--json and - do not go together") }
        }

        func run() async throws {
            if !force, file != "-", FileManager.default.fileExists(atPath: file) {
                throw CommandFailure(.conflict, "\(file) is already there", advice: "choose another name, or --force")
            }
            let client = try remote.client()
            guard chosen == .sql else { return tell(try await download(client, to: file)) }
            let folder = file == "-" ? try privateFolder() : nil
            let snapshot = folder.map { $0 + "/snapshot" } ?? "\(file).\(getpid()).snapshot"
            defer {
                unlink(snapshot)
                if let folder { rmdir(folder) }
            }
            let got = try await download(client, to: snapshot)
            let bytes = try await DumpFile(snapshot: snapshot, target: file, label: tenant.key).run()
            if file != "-" { tell(Download.Outcome(bytes: bytes, bookmark: got.bookmark)) }
        }

        /// Which nobody else can put anything into.
        private func privateFolder() throws(CommandFailure) -> String {
            var name = Array((NSTemporaryDirectory() + "rowhouse-export-XXXXXX").utf8CString)
            guard mkdtemp(&name) != nil else {
                throw CommandFailure(
                    .failed, "\(NSTemporaryDirectory()) cannot be written: \(SystemErrorText.words(errno))")
            }
            return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        private func download(_ client: RemoteClient, to target: String) async throws -> Download.Outcome {
            let path = RequestPath.build(["t", tenant.key, "snapshot"])
            return try await Download(client: client, path: path, target: target, label: tenant.key).run()
        }

        private func tell(_ got: Download.Outcome) {
            if remote.json {
                let facts: [String: JSONValue] = [
                    "tenant": .string(tenant.key), "file": .string(file), "format": .string(chosen.rawValue),
                    "bytes": .integer(got.bytes), "bookmark": .string(got.bookmark),
                ]
                return Console.write(JSONValue.object(facts).text(pretty: true) + "\n")
            }
            let words = "exported \(tenant.key) to \(file), \(HumanText.size(got.bytes)), as of \(got.bookmark)"
            Console.write(TerminalText.visible(words) + "\n")
        }
    }
}
