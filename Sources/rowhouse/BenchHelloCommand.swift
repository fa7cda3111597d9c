import ArgumentParser
import Benchmarks
import Foundation

/// The peer of `bench http`, in a process of its own.
struct BenchHelloCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hello-server", abstract: "SwiftNIO's HTTP/1 server with a fixed answer, for bench http.",
        shouldDisplay: false)

    @Option(help: "Event loops.") var threads = ServeSettings.cores

    func run() throws {
        try HelloServer.run(threads: max(1, threads)) { port in
            Console.write("hello listening on http://127.0.0.1:\(port)\n")
        }
    }
}
