import Foundation
import Processes
import Testing

/// Nodes whose catalog is in a real PostgreSQL.
@Suite(
    .serialized, .enabled(if: PostgresServer.isInstalled, "PostgreSQL's server (package postgresql) is not installed"))
struct PostgresNodeTests {
    @Test func `nodes that start together on an empty database all come up, and share tenants`() throws {
        let cluster = try PostgresCluster(nodes: 3)
        for index in 0..<6 { try cluster.create("t\(index)", at: index % 3) }
        #expect(Set(try (0..<6).map { try cluster.owner("t\($0)") }).count == 3)
        for node in cluster.nodes {
            for index in 0..<6 { #expect(try cluster.select("t\(index)", at: node) == 200) }
        }
        // What one node changes the others hear of.
        #expect(try Wire(port: cluster.nodes[0].port).send("DELETE", "/v1/tenants/t0").status < 300)
        let gone = try cluster.eventually { try cluster.select("t0", at: cluster.nodes[2]) != 200 }
        #expect(gone)
        let nodes = try Wire(port: cluster.nodes[1].port).send("GET", "/v1/nodes").text
        #expect(nodes.matches(of: /"state":"up"/).count == 3, "\(nodes)")
    }

    @Test func `a tenant moves under writes, and all is there after every process was killed`() throws {
        let server = try PostgresServer()
        let cluster = try PostgresCluster(nodes: 2, on: server)
        try cluster.create("m", at: 0)
        let (first, second) = (cluster.nodes[0], cluster.nodes[1])
        _ = try Wire(port: first.port).send(
            "POST", "/t/m/v3/pipeline",
            HranaText.pipeline([HranaText.execute("CREATE TABLE m (v INTEGER PRIMARY KEY)")]))
        let writers = Writers(key: "m", ports: [first.port, second.port], count: 2)
        writers.start()
        usleep(300_000)
        let target = try cluster.owner("m") == "n1" ? "n2" : "n1"
        try cluster.move("m", to: target)
        writers.stop()
        #expect(writers.failures.isEmpty, "\(writers.failures.prefix(3))")
        first.kill()
        second.kill()
        server.kill()
        try server.start()
        try first.start()
        try second.start()
        #expect(try cluster.owner("m") == target)
        let rows = try Wire(port: first.port).send(
            "POST", "/t/m/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT count(*), sum(v) FROM m")]))
        #expect(rows.rows() == [[String(writers.written.count), String(writers.written.reduce(0, +))]])
    }

    @Test func `while PostgreSQL is away what is known is served, and the rest is 503`() throws {
        let server = try PostgresServer()
        let cluster = try PostgresCluster(
            nodes: 1, on: server, ["--set", "postgres.transaction-timeout=1s", "--set", "cluster.lease=60s"])
        let node = cluster.nodes[0]
        try cluster.create("known", at: 0)
        #expect(try cluster.select("known", at: node) == 200)
        server.kill()
        #expect(try cluster.select("known", at: node) == 200)
        #expect(try cluster.select("unknown", at: node) == 503)
        let refused = try Wire(port: node.port).send("POST", "/v1/tenants", "{\"key\":\"new\"}")
        #expect(refused.status == 503, "\(refused.text)")
        try server.start()
        let isBack = try cluster.eventually { try cluster.select("unknown", at: node) == 404 }
        #expect(isBack)
        try cluster.create("new", at: 0)
    }

    @Test func `a directory whose catalog is in PostgreSQL takes no other, and the other way round`() throws {
        let cluster = try PostgresCluster(nodes: 1)
        let node = cluster.nodes[0]
        node.stop()
        let other = PostgresCluster.refusal {
            _ = try ServerProcess(
                cluster.arguments(1, schema: "another"), directory: node.directory)
        }
        #expect(other.contains("is not the one that"), "\(other)")
        let embedded = PostgresCluster.refusal {
            _ = try ServerProcess(["--set", "node.id=n1"], directory: node.directory)
        }
        #expect(embedded.contains("whose catalog is not in it"), "\(embedded)")
        try node.start()
    }

    @Test func `a server that would lose commits is refused`() throws {
        let server = try PostgresServer(["fsync = off"])
        let refusal = PostgresCluster.refusal { _ = try PostgresCluster(nodes: 1, on: server) }
        #expect(refusal.contains("fsync is off"), "\(refusal)")
    }
}

/// Nodes n1, n2, … with one catalog in PostgreSQL, in a schema of its own.
final class PostgresCluster {
    let nodes: [ServerProcess]
    private let server: PostgresServer
    private let key: String
    private let schema = "c" + UUID().uuidString.prefix(8)

    /// All are started at the same time.
    init(nodes count: Int, on server: PostgresServer? = nil, _ settings: [String] = []) throws {
        self.server = try server ?? PostgresServer.shared.get()
        key = NSTemporaryDirectory() + "rowhouse-key-" + UUID().uuidString
        _ = FileManager.default.createFile(
            atPath: key, contents: Data((UUID().uuidString + UUID().uuidString).utf8),
            attributes: [.posixPermissions: 0o600])
        let (text, key, name) = (self.server.connection, key, String(schema))
        nodes = try (1...count).map {
            try ServerProcess(Self.arguments($0, text, key: key, schema: name) + settings, starts: false)
        }
        let failures = Locked<[String]>([])
        let group = DispatchGroup()
        for node in nodes {
            group.enter()
            Thread {
                do { try node.start() } catch { failures.set(failures.value + ["\(error)"]) }
                group.leave()
            }.start()
        }
        group.wait()
        if let failure = failures.value.first { throw ServerProcess.Failure(description: failure) }
        // Each learns the others' addresses within a second.
        if count > 1 { usleep(1_500_000) }
    }

    deinit { try? FileManager.default.removeItem(atPath: key) }

    func arguments(_ number: Int, schema: String) -> [String] {
        Self.arguments(number, server.connection, key: key, schema: schema)
    }

    private static func arguments(_ number: Int, _ connection: String, key: String, schema: String) -> [String] {
        [
            "--set", "node.id=n\(number)", "--set", "cluster.key-file=\(key)", "--set", "node.advertise={url}", "--set",
            "catalog={postgres: \"\(connection)\"}", "--set", "postgres.schema=\(schema)",
        ]
    }

    func create(_ name: String, at node: Int) throws {
        let answer = try Wire(port: nodes[node].port).send("POST", "/v1/tenants", "{\"key\":\"\(name)\"}")
        #expect(answer.status == 201, "\(answer.text)")
    }

    func owner(_ name: String) throws -> String {
        try Wire(port: nodes.last!.port).send("GET", "/v1/tenants/\(name)").object["node"] as? String ?? ""
    }

    func select(_ name: String, at node: ServerProcess) throws -> Int {
        try Wire(port: node.port).send(
            "POST", "/t/\(name)/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT 1")])
        ).status
    }

    func move(_ name: String, to target: String) throws {
        let begun = try Wire(port: nodes[0].port).send(
            "POST", "/v1/moves", "{\"tenant\":\"\(name)\",\"to\":\"\(target)\"}")
        #expect(begun.status == 202, "\(begun.text)")
        let isThere = try eventually { try owner(name) == target }
        #expect(isThere, "\(nodes[0].logText.suffix(600))")
    }

    func eventually(_ body: () throws -> Bool) throws -> Bool {
        for _ in 0..<400 {
            if try body() { return true }
            usleep(25_000)
        }
        return false
    }

    static func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return "\(error)"
        }
    }
}
