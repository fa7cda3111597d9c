import ArgumentParser
import Benchmarks

/// The peer of `bench route`, in a process of its own.
struct BenchProxyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy-server", abstract: "SwiftNIO handing bytes on to a server, for bench route.",
        shouldDisplay: false)

    @Option(help: "Port of the loopback to hand on to.") var to: Int
    @Option(help: "Event loops.") var threads = ServeSettings.cores

    func run() throws {
        try ProxyServer.run(to: to, threads: max(1, threads)) { port in
            Console.write("proxy listening on http://127.0.0.1:\(port)\n")
        }
    }
}
