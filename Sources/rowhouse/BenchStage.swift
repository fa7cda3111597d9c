import Access
import Benchmarks
import Foundation
import NIOPosix
import Seams
import Terminal

/// The servers that a benchmark over HTTP needs, each in a process of its own.
struct BenchStage: Sendable {
    let directory: String
    /// Where servers have to stay.
    let core: Int?
    let stop: StopFlag
    let progress: BenchRun.Progress

    /// Runs `body` on a node with its tenants: one that is running, or one that is started and stopped here.
    func with(
        url: String?, token: String?, tenants: Int, _ body: (LoadTarget) async throws -> [Comparison]
    ) async throws -> [Comparison] {
        guard let url else { return try await withOwnNode(tenants: tenants, body) }
        var remote = RemoteOptions()
        remote.url = url
        remote.token = token
        remote.profile = nil
        let client = try remote.client()
        guard let parts = URL(string: client.base), parts.scheme == "http", let host = parts.host, parts.path.isEmpty
        else {
            throw CommandFailure(.usage, "--url takes http://HOST:PORT; TLS is not measured")
        }
        let made = BenchTenants(client: client, stop: stop, progress: progress)
        return try await made.with(tenants, template: false) { list in
            try await body(LoadTarget(host: host, port: parts.port ?? 80, tenants: list, processes: []))
        }
    }

    private func withOwnNode(
        tenants: Int, _ body: (LoadTarget) async throws -> [Comparison]
    ) async throws -> [Comparison] {
        progress("starting a node", 0)
        let admin = AdminToken.make(name: "bench", scopes: [.admin], random: SystemRandom())
        let config = try writeConfig(admin.configLine)
        let node = try await start(
            ["serve", "--config", config, "--data", directory + "/node", "--listen", "127.0.0.1:0"], log: "node.log")
        defer { node.stop() }
        let client = RemoteClient(base: "http://127.0.0.1:\(node.port)", token: admin.token)
        try await awaitReady(client)
        let made = BenchTenants(client: client, stop: stop, progress: progress)
        let list = try await made.create(tenants, template: true)
        return try await body(
            LoadTarget(host: "127.0.0.1", port: node.port, tenants: list, processes: [node.processIdentifier]))
    }

    func startHello() async throws -> ChildServer {
        try await start(["bench", "hello-server"], log: "hello.log")
    }

    /// - Returns: nil where it is not installed.
    func startPostgres(tenants: Int) async throws -> PostgresServer? {
        guard let tools = PostgresTools.find() else { return nil }
        progress("starting PostgreSQL \(tools.version)", 0)
        // Its user must be able to enter.
        chmod(directory, 0o711)
        let folder = directory + "/postgres"
        let (core, stop) = (core, stop)
        return try await NodeCore.blocking {
            try PostgresServer(tools, folder: folder, tenants: tenants, core: core, until: stop)
        }
    }

    /// A process of this very program.
    func start(_ arguments: [String], log: String) async throws -> ChildServer {
        let binary = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let (core, stop, path) = (core, stop, "\(directory)/\(log)")
        return try await NodeCore.blocking {
            try ChildServer(binary, arguments, log: path, core: core, until: stop)
        }
    }

    /// With credentials, as a node in earnest has them, and the table in every new tenant.
    func writeConfig(_ adminLine: String) throws -> String {
        let template = directory + "/template.sql"
        let config = directory + "/node.yaml"
        try WorkTable.schema.write(toFile: template, atomically: false, encoding: .utf8)
        let text = """
            access:
              admin-tokens:
                \(adminLine)
            schemas:
              default: {create: explicit, template: "\(template)"}

            """
        try text.write(toFile: config, atomically: false, encoding: .utf8)
        return config
    }

    func awaitReady(_ client: RemoteClient) async throws {
        for _ in 0..<600 {
            if stop.isSet { throw BenchmarkError.interrupted }
            do throws(CommandFailure) {
                _ = try await client.call(.get, "/readyz")
                return
            } catch {
                guard error.status == .failed || error.status == .unreachable else { throw error }
            }
            try await NodeParts.sleep(100_000_000)
        }
        throw BenchmarkError.server("the node was not ready within a minute")
    }
}
