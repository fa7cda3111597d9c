import ArgumentParser
import Terminal

extension TenantCommand {
    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a tenant's statements cost.",
            discussion: """
                Literals are left out of the statements, so that those that differ in nothing else are counted together. \
                Counting begins anew with each start of the node and with --reset; single statements and latencies also \
                when the tenant is closed.
                """)

        @OptionGroup var tenant: KeyArgument
        @Option(help: "How many of the statements that took the most time together; at most 64.") var top = 10
        @Option(help: "How many of the statements that took the longest once; at most 64.") var slowest = 5
        @Flag(help: "Begin to count anew; shows nothing.") var reset = false
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            for (name, count) in [("--top", top), ("--slowest", slowest)] where !(0...64).contains(count) {
                throw ValidationError("\(name) takes 0 to 64")
            }
        }

        func run() async throws {
            let query = [(name: "top", value: String(top)), (name: "slowest", value: String(slowest))]
            let path = RequestPath.build(["t", tenant.key, "stats"], query: reset ? [] : query)
            let answer = try await remote.client().call(reset ? .delete : .get, path)
            guard !reset else { return }
            let report = StatisticsText(answer)
            Console.write(remote.json ? answer.text(pretty: true) + "\n" : report.text(width: Console.width))
        }
    }
}
