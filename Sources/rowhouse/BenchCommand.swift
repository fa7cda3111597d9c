import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this program beside its peers, on this machine.",
        discussion: """
            Contenders take turns in one run; compare the ratios, not the numbers of different machines or days. Build with \
            -c release, and leave the machine alone meanwhile.
            """,
        subcommands: [
            BenchEngineCommand.self, BenchHTTPCommand.self, BenchCatalogCommand.self, BenchMoveCommand.self,
            BenchRouteCommand.self,
            BenchHelloCommand.self, BenchProxyCommand.self,
        ])
}
