import ArgumentParser
import Terminal

extension TenantCommand {
    struct Query: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run one SQL statement on a tenant.",
            discussion: """
                Arguments are bound to the statement's parameters in order: whole numbers as integers, numbers with a \
                point as floats, NULL as null, everything else as text. Options come before the statement; write -- \
                before values that begin with a dash.
                """)

        @OptionGroup var tenant: KeyArgument
        @Argument(help: "One statement.") var sql: String
        @Argument(parsing: .remaining, help: "Values for its parameters.") var arguments: [String] = []
        @Flag(help: "Bind every argument as text.") var text = false
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let call = QueryCall(sql: sql, arguments: arguments, asText: text)
            let path = RequestPath.build(["t", tenant.key, "v3", "pipeline"])
            let answer = try QueryAnswer(try await remote.client().call(.post, path, body: call.body))
            Console.write(remote.json ? answer.json.text(pretty: true) + "\n" : answer.text(width: Console.width))
        }
    }
}
