import ArgumentParser
import Foundation
import Terminal

extension TenantCommand {
    struct Shell: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Type SQL to a tenant, or feed it a script.",
            discussion: """
                At a terminal: statements end with a semicolon and may go over several lines; the prompt shows what is open (* a \
                transaction, - a statement, a quote by its sign). Lines that begin with a dot are commands; .help lists them. \
                Control-C ends the statement that runs, or gives up what was typed; Control-R looks into the history; Tab completes \
                keywords, tables, columns and commands; Control-D leaves. An open transaction is kept while you think, for ten \
                minutes at most, and undone when you leave.

                The history is in ~/.local/state/rowhouse/history (ROWHOUSE_HISTORY names another file, or none if it is empty); \
                lines that begin with a blank are not kept.

                Without a terminal it runs standard input as a script, and stops at the first error with exit code 1:

                  rowhouse tenant shell acme < schema.sql
                """)

        @OptionGroup var tenant: KeyArgument
        @Option(
            help: ArgumentHelp(
                "How rows are shown: \(ResultFormat.named.map(\.rawValue).joined(separator: ", ")).",
                valueName: "format"),
            completion: .list(ResultFormat.named.map(\.rawValue)))
        var format = "table"
        @Flag(help: "In a script: go on after errors; the exit code still tells of them.") var keepGoing = false
        @Option(
            help: """
                For support: why you look into somebody's data. The shell then works with a token of its own, made for an \
                hour at most; the reason and the token's use are written down (`rowhouse audit list`).
                """)
        var reason: String?
        @Flag(help: "With --reason: look only, change nothing.") var readOnly = false
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard reason != nil || !readOnly else { throw ValidationError("--read-only goes with --reason") }
            guard ResultFormat.named.contains(where: { $0.rawValue == format }) else {
                let names = ResultFormat.named.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--format takes one of \(names), not \(format)")
            }
        }

        func run() async throws {
            let isTyped = isatty(STDIN_FILENO) == 1
            guard let interrupts = Interrupts(catching: isTyped) else {
                throw CommandFailure(.failed, "there are no descriptors left")
            }
            let settings = ShellSettings(
                format: ResultFormat(rawValue: format) ?? .table, bail: !isTyped && !keepGoing)
            let session = ShellSession(
                try await client(), key: tenant.key, settings: settings, interactive: isTyped, json: remote.json,
                interrupts: interrupts)
            try await (isTyped ? prompt(session) : script(session))
            let isWhole = await session.leave()
            // Who types has seen what failed.
            let status = isTyped ? .ok : session.status == .ok && !isWhole ? .failed : session.status
            if status != .ok { Foundation.exit(status.rawValue) }
        }

        /// With a reason, one that has a token for this tenant and an hour only.
        private func client() async throws -> RemoteClient {
            let client = try remote.client()
            guard let reason else { return client }
            let body: [String: JSONValue] = [
                "access": .string(readOnly ? "ro" : "rw"), "reason": .string(reason),
            ]
            let made = try await client.call(.post, TenantPath.tenant(tenant.key, "tokens"), body: .object(body))
            guard let token = made["token"]?.string, let end = made["expiresAt"]?.string else {
                throw CommandFailure.unreachable(client.base, "the answer has no token")
            }
            Console.complain(TerminalText.visible("support access until \(end), written down with its reason"))
            return RemoteClient(base: client.base, token: token)
        }

        private func prompt(_ session: ShellSession) async throws {
            // Also says at once if there is no such tenant, node or right.
            _ = try await session.rows("SELECT 1")
            await session.learnNames()
            let environment = ProcessInfo.processInfo.environment
            let canEdit = isatty(STDOUT_FILENO) == 1 && !["dumb", ""].contains(environment["TERM"] ?? "")
            guard canEdit else { return await ShellPlainPrompting(session).run() }
            Console.write(
                "rowhouse \(Build.version), tenant \(TerminalText.visible(tenant.key)); .help lists commands\n")
            var prompting = ShellPrompting(session, history: HistoryFile(environment))
            await prompting.run()
        }

        private func script(_ session: ShellSession) async throws {
            var script = ShellScript(session, name: "standard input")
            _ = try await script.run(STDIN_FILENO)
        }
    }
}
