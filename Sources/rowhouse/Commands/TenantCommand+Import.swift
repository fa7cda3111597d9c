import ArgumentParser
import Foundation
import Terminal

extension TenantCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a file's content into a tenant.",
            discussion: """
                A SQLite database takes the place of the tenant's content, at once and as a whole: it is checked first, \
                and whatever happens the tenant has its old content or the new one. A dump of SQL, as sqlite3's .dump \
                writes it, is run in one transaction; a mistake in it undoes all of it.
                """)

        @OptionGroup var tenant: KeyArgument
        @Argument(help: "The database or the dump.", completion: .file()) var file: String
        @Flag(help: "Create the tenant if it is not there.") var create = false
        @Option(help: ArgumentHelp("Only if the tenant is as of this bookmark.", valueName: "bookmark"))
        var ifMatch: String?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            let kind = try ImportKind(of: file)
            guard !change.dryRun else { return try await rehearse(client, kind) }
            switch kind {
            case .database: try await replace(client)
            case .dump: try await runDump(client)
            }
        }

        // MARK: Databases

        private func replace(_ client: RemoteClient) async throws {
            // Without it a tenant that is not there would be made.
            let condition = ifMatch.map { [("if-match", "\"\($0)\"")] } ?? (create ? [] : [("if-match", "*")])
            let upload = Upload(
                client: client, path: RequestPath.build(["t", tenant.key, "snapshot"]), source: file,
                label: tenant.key, headers: condition)
            let done = try await upload.run()
            show(
                "imported \(file) into \(tenant.key), \(HumanText.size(done.bytes)), now at \(done.bookmark)",
                ["bytes": .integer(done.bytes), "bookmark": .string(done.bookmark), "created": .bool(done.isNew)])
        }

        // MARK: Dumps

        private func runDump(_ client: RemoteClient) async throws {
            let isNew = create ? try await makeTenant(client) : false
            let load = DumpLoad(client: client, tenant: tenant.key, source: file, expected: ifMatch)
            let done = try await load.run()
            show(
                "ran \(done.statements) statements of \(file) on \(tenant.key), now at \(done.bookmark)",
                [
                    "statements": .integer(Int64(done.statements)), "bookmark": .string(done.bookmark),
                    "created": .bool(isNew),
                ])
        }

        /// - Returns: false where it was there.
        private func makeTenant(_ client: RemoteClient) async throws -> Bool {
            do {
                let body: JSONValue = .object(["key": .string(tenant.key)])
                _ = try await client.call(.post, TenantPath.all(dryRun: false), body: body)
                return true
            } catch where error.code == "tenant_exists" {
                return false
            }
        }

        // MARK: Both

        private func rehearse(_ client: RemoteClient, _ kind: ImportKind) async throws {
            let path = RequestPath.build(["t", tenant.key, "query"])
            do {
                let answer = try await client.call(.post, path, body: .object(["sql": .string("SELECT 1")]))
                if let ifMatch, let found = answer["bookmark"]?.string, found != ifMatch {
                    throw CommandFailure(.conflict, "tenant \(tenant.key) is at \(found), not at \(ifMatch)")
                }
            } catch let failure as CommandFailure where failure.status == .notFound && create && ifMatch == nil {
                // It would be made.
            }
            let what = kind == .database ? "replace tenant \(tenant.key) by" : "run on tenant \(tenant.key)"
            remote.rehearsed(what, file, ["tenant": .string(tenant.key), "file": .string(file)])
        }

        private func show(_ words: String, _ facts: [String: JSONValue]) {
            guard remote.json else { return Console.write(TerminalText.visible(words) + "\n") }
            let all = facts.merging(["tenant": .string(tenant.key), "file": .string(file)]) { $1 }
            Console.write(JSONValue.object(all).text(pretty: true) + "\n")
        }
    }
}

/// What a file to import is, by how it begins.
enum ImportKind: Equatable {
    case database
    case dump

    /// - Throws: `CommandFailure` for a file that cannot be read.
    init(of path: String) throws(CommandFailure) {
        let file = try SourceFile(path)
        let first = (try? file.handle.read(upToCount: 16)) ?? Data()
        try? file.handle.close()
        guard !first.isEmpty else { throw CommandFailure(.failed, "\(path) is empty") }
        // Whatever is no text goes to the node, which says what is wrong with it.
        let isText = first.allSatisfy { $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }
        self = isText && !first.starts(with: Data("SQLite format 3".utf8)) ? .dump : .database
    }
}
