import Foundation
import Processes
import Testing

/// `rowhouse catalog check`, `copy` and `reopen` on real nodes.
@Suite(.serialized) struct CatalogCommandTests {
    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL's server (package postgresql) is not installed"))
    func `a catalog goes to PostgreSQL and home again, through kills, and nodes go with it`() throws {
        let connection = try PostgresServer.shared.get().connection
        let there = ["--set", "postgres.schema=k\(UUID().uuidString.prefix(8))"]
        let node = try ServerProcess(["--set", "node.id=n1"])
        for index in 0..<20 { try Self.make("t\(index)", at: node) }
        #expect(try Self.rowhouse(["catalog", "check", node.directory]).status == 73, "it is running")
        node.stop()
        #expect(try Self.rowhouse(["catalog", "check", node.directory]).status == 0)
        let copy = ["catalog", "copy", "--from", node.directory, "--to", connection] + there
        let dry = try Self.rowhouse(copy + ["--dry-run", "--json"])
        #expect(dry.status == 0 && dry.output.contains("\"plan\" : \"begin\""), "\(dry.output)")
        // Killed at whatever it is doing, again and again.
        for round in 1...6 { try Self.rowhouse(copy, killedAfter: 0.15 * Double(round)) }
        let done = try Self.rowhouse(copy)
        #expect(done.status == 0, "\(done.output)")
        #expect(try Self.rowhouse(copy).output.contains("is the copy already"))
        let elsewhere = try Self.rowhouse(["catalog", "copy", "--from", node.directory, "--to", node.directory + ".x"])
        #expect(elsewhere.status == 4, "\(elsewhere.output)")
        try? FileManager.default.removeItem(atPath: node.directory + ".x")

        let refusal = PostgresCluster.refusal { try node.start() }
        #expect(refusal.contains("copied to") && !refusal.contains("is not the one"), "\(refusal)")
        let moved = try ServerProcess(
            ["--set", "node.id=n1", "--set", "catalog={postgres: \"\(connection)\"}"] + there, directory: node.directory
        )
        for index in 0..<20 { #expect(try Self.value("t\(index)", at: moved) == [["\(index)"]]) }
        try Self.make("t20", at: moved)
        moved.stop()
        #expect(try Self.rowhouse(["catalog", "check", connection] + there).status == 0)

        // Home: the old one is in the way until somebody says that it is not.
        let home = ["catalog", "copy", "--from", connection, "--to", node.directory] + there
        let full = try Self.rowhouse(home)
        #expect(full.status == 4, "\(full.output)")
        let empty = NSTemporaryDirectory() + "rowhouse-home-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: empty) }
        let back = try Self.rowhouse(["catalog", "copy", "--from", connection, "--to", empty] + there)
        #expect(back.status == 0, "\(back.output)")
        let checked = try Self.rowhouse(["catalog", "check", empty, "--json"])
        #expect(checked.status == 0 && checked.output.contains("\"tenants\" : 21"), "\(checked.output)")
    }

    @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL's server (package postgresql) is not installed"))
    func `a running node's catalog is copied from under it, and it changes nothing more until it starts on the copy`()
        throws
    {
        let connection = try PostgresServer.shared.get().connection
        let there = ["--set", "postgres.schema=k\(UUID().uuidString.prefix(8))"]
        let key = NSTemporaryDirectory() + "rowhouse-key-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: key) }
        _ = FileManager.default.createFile(
            atPath: key, contents: Data((UUID().uuidString + UUID().uuidString).utf8),
            attributes: [.posixPermissions: 0o600])
        let cluster = ["--set", "cluster.key-file=\(key)"]
        let own = ["--set", "node.id=n1", "--set", "node.advertise={url}", "--set", "cluster.lease=2s"] + cluster
        let node = try ServerProcess(own)
        for index in 0..<20 { try Self.make("t\(index)", at: node) }
        let copy = ["catalog", "copy", "--from", node.url, "--to", connection] + there + cluster
        try Self.rowhouse(copy, killedAfter: 0.3)
        let done = try Self.rowhouse(copy)
        #expect(done.status == 0, "\(done.output)")
        // It runs on, and changes nothing of a catalog that is no longer the one.
        #expect(node.isRunning)
        let late = try Wire(port: node.port).send("POST", "/v1/tenants", "{\"key\":\"late\"}")
        #expect(late.status == 503 && late.text.contains("catalog_unavailable"), "\(late.text)")
        // Its tenants are its own as long as it runs: nobody else has their files, or may open its directory.
        usleep(3_000_000)
        for index in 0..<20 { #expect(try Self.value("t\(index)", at: node) == [["\(index)"]]) }
        node.stop()
        let refusal = PostgresCluster.refusal { try node.start() }
        #expect(refusal.contains("copied to"), "\(refusal)")
        let moved = try ServerProcess(
            own + ["--set", "catalog={postgres: \"\(connection)\"}"] + there, directory: node.directory)
        for index in 0..<20 { #expect(try Self.value("t\(index)", at: moved) == [["\(index)"]]) }
        try Self.make("t20", at: moved)
        moved.stop()
        let checked = try Self.rowhouse(["catalog", "check", connection, "--json"] + there)
        #expect(checked.status == 0 && checked.output.contains("\"tenants\" : 21"), "\(checked.output)")
    }

    @Test func `a catalog that was copied elsewhere can be used again when somebody says so`() throws {
        let node = try ServerProcess(["--set", "node.id=n1"])
        try Self.make("a", at: node)
        node.stop()
        let target = NSTemporaryDirectory() + "rowhouse-copy-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: target) }
        #expect(try Self.rowhouse(["catalog", "copy", "--from", node.directory, "--to", target]).status == 0)
        #expect(try Self.rowhouse(["catalog", "reopen", node.directory]).status == 2)
        let reopened = try Self.rowhouse(["catalog", "reopen", node.directory, "--copy-is-gone"])
        #expect(reopened.status == 0, "\(reopened.output)")
        #expect(try Self.rowhouse(["catalog", "reopen", node.directory, "--copy-is-gone"]).status == 4)
        try node.start()
        #expect(try Self.value("a", at: node) == [["0"]])
        #expect(try Self.rowhouse(["catalog", "check", node.directory + "-not-there"]).status == 3)
    }

    private static func make(_ name: String, at node: ServerProcess) throws {
        let wire = try Wire(port: node.port)
        #expect(try wire.send("POST", "/v1/tenants", "{\"key\":\"\(name)\"}").status == 201)
        let value = Int(name.dropFirst()) ?? 0
        let answer = try wire.send(
            "POST", "/t/\(name)/v3/pipeline",
            HranaText.pipeline([
                HranaText.execute("CREATE TABLE t (v)"), HranaText.execute("INSERT INTO t VALUES (\(value))"),
            ]))
        #expect(answer.status == 200)
    }

    private static func value(_ name: String, at node: ServerProcess) throws -> [[String?]] {
        try Wire(port: node.port).send(
            "POST", "/t/\(name)/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT v FROM t")])
        ).rows() ?? []
    }

    private static func rowhouse(_ arguments: [String]) throws -> (status: Int32, output: String) {
        try Command.run(ServerProcess.binary, arguments)
    }

    private static func rowhouse(_ arguments: [String], killedAfter seconds: Double) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ServerProcess.binary)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        usleep(UInt32(seconds * 1e6))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
