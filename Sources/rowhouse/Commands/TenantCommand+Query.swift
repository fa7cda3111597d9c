import ArgumentParser
import Foundation
import Hrana
import Terminal

extension TenantCommand {
    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run SQL on a tenant.",
            discussion: """
                The SQL is an argument, a file, or standard input (-, or nothing at all in a pipe): one statement or several, which run \
                one after the other until the first fails. With --atomic they are one transaction: all of them or none.

                Values for parameters are bound as what they look like: whole numbers as integers, numbers with a point as floats, \
                NULL as null, x'00ff' as a blob, everything else as text. Those without a name (?) are given after the SQL or with --arg, \
                those with one (:id, @id, $id) with --param.

                  rowhouse tenant query acme "SELECT * FROM notes WHERE id = ?" 7
                  rowhouse tenant query acme "SELECT * FROM notes WHERE text LIKE :like" --param like='%ab%' --format csv
                  rowhouse tenant query acme --file schema.sql --atomic

                Formats: table, box and markdown are laid out and cut to the terminal; csv (NULL is empty, an empty text ""), json (an \
                array of objects), ndjson (an object on each line) and line are written as the rows come, however many there are. In JSON \
                integers beyond 2^53 are strings and blobs {"base64": …}, as in the server's POST query. --json gives each \
                statement's whole answer on a line of its own: columns, rows, rowsAffected, lastInsertRowID.
                """)

        @OptionGroup var tenant: KeyArgument
        @Argument(help: "SQL; - for standard input.") var sql: String?
        @Argument(help: "Values for the parameters of one statement.") var arguments: [String] = []
        @Option(name: .shortAndLong, help: "Read the SQL from this file; - for standard input.", completion: .file())
        var file: String?
        @OptionGroup var output: ResultFormatOptions
        @Option(
            parsing: .unconditionalSingleValue,
            help: ArgumentHelp("A value, also one that begins with a dash; may be repeated.", valueName: "value"))
        var arg: [String] = []
        @Option(help: ArgumentHelp("A value for a parameter with a name; may be repeated.", valueName: "name=value"))
        var param: [String] = []
        @Flag(help: "Bind every value as text.") var text = false
        @Flag(help: "Run all statements in one transaction.") var atomic = false
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            if file != nil, sql != nil {
                throw ValidationError("--file takes the place of the SQL; give values with --arg or --param")
            }
            if sql == nil, file == nil, isatty(STDIN_FILENO) == 1 {
                throw ValidationError("give SQL as an argument, with --file, or through a pipe")
            }
            for pair in param where StatementArguments.pair(pair, asText: text) == nil {
                throw ValidationError("--param takes NAME=VALUE, not \(pair)")
            }
            _ = try output.options(remote)
        }

        func run() async throws {
            let client = try remote.client()
            let bound = StatementArguments(
                positional: (arguments + arg).map { text ? .text($0) : ArgumentText.value($0) },
                named: Dictionary(
                    param.compactMap { StatementArguments.pair($0, asText: text) }.map { ($0.name, $0.value) },
                    uniquingKeysWith: { $1 }))
            try check(bound)
            var run = ScriptRun(
                try reader(), on: TenantStream(client, key: tenant.key), atomic: atomic, arguments: bound,
                options: try output.options(remote))
            try await run.run()
        }

        private func reader() throws -> ScriptReader {
            if let sql, sql != "-" { return ScriptReader(text: sql) }
            return try ScriptReader(path: file ?? "-")
        }

        /// What can be said before anything is sent, as long as the SQL is an argument.
        private func check(_ bound: StatementArguments) throws(CommandFailure) {
            guard let sql, sql != "-" else {
                guard bound.positional.isEmpty else {
                    throw CommandFailure(
                        .usage, "values without a name go with one statement that is an argument",
                        advice: "name them in the SQL (:name) and give --param name=value")
                }
                return
            }
            var splitter = StatementSplitter()
            splitter.feed(sql)
            var statements: [SplitStatement] = []
            while let statement = splitter.next() { statements.append(statement) }
            if let last = splitter.finish() { statements.append(last) }
            if let name = bound.unused(in: statements).first {
                throw CommandFailure(.usage, "no statement has a parameter \(name)")
            }
            guard bound.positional.isEmpty || statements.count == 1 else {
                throw CommandFailure(
                    .usage, "values without a name go with one statement, and these are \(statements.count)",
                    advice: "name them in the SQL (:name) and give --param name=value")
            }
            if let only = statements.first, !bound.positional.isEmpty, !only.hasPositions {
                throw CommandFailure(.usage, "the statement has no parameter ? for the values that are given")
            }
        }
    }
}
