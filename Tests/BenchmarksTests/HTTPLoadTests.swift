import NIOCore
import NIOPosix
import Testing

@testable import Benchmarks

struct HTTPLoadTests {
    @Test func `requests are counted, each connection waiting for its answers`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let folder = try Folder()
        let measured = try await Blocking.run { () throws(BenchmarkError) in
            let server = try HelloServer.bind(group)
            let target = LoadTarget(
                host: "127.0.0.1", port: server.localAddress!.port!, tenants: [.init(path: "/t/a", token: "x")],
                processes: [])
            let load = HTTPLoad(
                "hello", target, .reads, connections: 3, directory: folder.path, group: group)
            return try load.run(nanoseconds: 100_000_000, until: StopFlag())
        }
        #expect(measured.operations > 3)
        #expect(measured.latencies.count == measured.operations)
        #expect(measured.failures.isEmpty)
        #expect(measured.nanoseconds >= 100_000_000)
        try await group.shutdownGracefully()
    }

    @Test func `a bare proxy hands requests on, and answers back`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let folder = try Folder()
        let measured = try await Blocking.run { () throws(BenchmarkError) in
            let server = try HelloServer.bind(group)
            let proxy = try ProxyServer.bind(group, to: server.localAddress!.port!)
            let target = LoadTarget(
                host: "127.0.0.1", port: proxy.localAddress!.port!, tenants: [.init(path: "/t/a", token: "x")],
                processes: [getpid()])
            let load = HTTPLoad(
                "proxy", target, .reads, connections: 3, directory: folder.path, group: group)
            return try load.run(nanoseconds: 100_000_000, until: StopFlag())
        }
        #expect(measured.operations > 3 && measured.failures.isEmpty)
        try await group.shutdownGracefully()
    }

    @Test func `nobody listening is an error, not a result`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let folder = try Folder()
        let target = LoadTarget(
            host: "127.0.0.1", port: 1, tenants: [.init(path: "/t/a", token: nil)], processes: [])
        await #expect(throws: BenchmarkError.self) {
            try await Blocking.run { () throws(BenchmarkError) in
                let load = HTTPLoad("none", target, .writes, connections: 2, directory: folder.path, group: group)
                return try load.run(nanoseconds: 100_000_000, until: StopFlag())
            }
        }
        try await group.shutdownGracefully()
    }

    @Test func `every body fits under every head`() {
        let tenants = (0..<3).map { LoadTarget.Tenant(path: "/t/\($0)", token: $0 == 0 ? nil : "token") }
        let target = LoadTarget(host: "h", port: 1, tenants: tenants, processes: [])
        for workload in Workload.allCases {
            let shape = RequestShape(target, workload)
            #expect(shape.heads.count == 3)
            for head in shape.heads {
                let text = String(decoding: head, as: UTF8.self)
                #expect(text.hasPrefix("POST /t/") && text.hasSuffix("\r\n\r\n"))
                #expect(text.contains("Content-Length: \(shape.bodies[0].count)\r\n"))
            }
            #expect(!String(decoding: shape.heads[0], as: UTF8.self).contains("Authorization"))
            #expect(String(decoding: shape.heads[1], as: UTF8.self).contains("Authorization: Bearer token\r\n"))
        }
    }

    @Test func `a port is taken from a whole line only`() {
        #expect(ChildServer.port(in: "x listening on http://127.0.0.1:80") == nil)
        #expect(ChildServer.port(in: "x listening on http://127.0.0.1:8080\nready\n") == 8080)
    }

    @Test func `what pgbench prints is read`() throws {
        let output = """
            number of transactions actually processed: 3909
            number of failed transactions: 2 (0.051%)
            latency average = 2.041 ms
            initial connection time = 21.6 ms
            tps = 1954.500000 (without initial connection time)

            """
        let measured = try #require(PgbenchOutput.parse(output))
        #expect(measured.operations == 3909)
        #expect(measured.failureCount == 2)
        #expect(measured.meanLatency == 2_041_000)
        #expect(measured.nanoseconds == 2_000_000_000)
        #expect(PgbenchOutput.parse("tps = ?") == nil)
        #expect(PgbenchOutput.times("0 12 1500 0 1700000000 5\nbroken\n") == [1_500_000])
    }
}
