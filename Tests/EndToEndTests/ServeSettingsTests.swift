import Access
import Foundation
import Processes
import Seams
import Testing

/// What is configured happens, and what cannot happen is said before anything starts.
@Suite(.serialized) struct ServeSettingsTests {
    @Test func `all mistakes are said at once, with their lines`() throws {
        let folder = NSTemporaryDirectory() + "rowhouse-e2e-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
        try Data("short".utf8).write(to: URL(fileURLWithPath: folder + "/key"))
        try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: folder + "/template.sql"))
        let config = """
            node: {advertise: "http://127.0.0.1:1"}
            cluster:
              key-file: \(folder)/key
            journal: {directory: \(folder)/file/journal}
            schemas:
              default: {template: \(folder)/template.sql}
            """
        try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/node.yaml"))
        let ended = try Tool.run(["serve", "--config", folder + "/node.yaml", "--data", folder + "/file"])
        #expect(ended.code == 78)
        for mistake in [
            "node.yaml:3: cluster.key-file: \(folder)/key has 5 bytes",
            "--data: node.data: \(folder)/file is no folder",
            "node.yaml:4: journal.directory: \(folder)/file is no folder",
            "node.yaml:6: schemas.default.template: \(folder)/template.sql is no UTF-8 text",
        ] { #expect(ended.output.contains(mistake), "\(ended.output)") }
    }

    @Test func `what serve refuses, config check finds, together with what is misspelt`() throws {
        let folder = NSTemporaryDirectory() + "rowhouse-e2e-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("n2\n".utf8).write(to: URL(fileURLWithPath: folder + "/data/node-id"))
        // 32 bytes with the line end, which does not count.
        try Data((String(repeating: "k", count: 31) + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/key"))
        chmod(folder + "/key", 0o600)
        try Data("CREATE TABEL t (x)".utf8).write(to: URL(fileURLWithPath: folder + "/template.sql"))
        let config = """
            node: {id: n1, listen: "0.0.0.0:8080", data: \(folder)/data, advertise: "http://10.0.0.1:8080"}
            cluster: {key-file: \(folder)/key}
            schemas: {default: {template: \(folder)/template.sql}}
            limits: {lane: 2}
            """
        let path = folder + "/node.yaml"
        try Data(config.utf8).write(to: URL(fileURLWithPath: path))
        let checked = try Tool.run(["config", "check", "--config", path])
        let served = try Tool.run(["serve", "--config", path])
        #expect(checked.code == 1 && served.code == 78)
        for mistake in [
            "node.yaml:1: node.id: the data directory belongs to node n2",
            "node.yaml:1: node.listen: refusing to listen on 0.0.0.0",
            "node.yaml:2: cluster.key-file: \(folder)/key has 31 bytes",
            "node.yaml:3: schemas.default.template: \(folder)/template.sql: ",
            "near \"TABEL\": syntax error",
            "node.yaml:4: limits.lane: unknown key; did you mean limits.lanes?",
        ] {
            #expect(checked.output.contains(mistake), "\(checked.output)")
            #expect(served.output.contains(mistake), "\(served.output)")
        }
        let listen = try Tool.run(["serve", "--data", folder + "/other", "--listen", "0.0.0.0:0"])
        #expect(listen.code == 77 && !FileManager.default.fileExists(atPath: folder + "/other"), "\(listen.output)")
    }

    @Test func `a journal lies where it was put, and nowhere else afterwards`() throws {
        let journal = NSTemporaryDirectory() + "rowhouse-e2e-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: journal) }
        let server = try ServerProcess(["--set", "journal.directory=\(journal)"])
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        server.kill()
        #expect(!FileManager.default.fileExists(atPath: server.directory + "/journal"))
        let elsewhere = try Tool.run(["serve", "--data", server.directory, "--listen", "127.0.0.1:0"])
        #expect(elsewhere.code == 78 && elsewhere.output.contains(journal), "\(elsewhere.output)")
        try server.start()
        #expect(try Wire(port: server.port).send("POST", "/t/acme/v3/pipeline", Raw.select).status == 200)
        let beside = try Tool.run([
            "serve", "--data", server.directory + "-2", "--listen", "127.0.0.1:0", "--set",
            "journal.directory=\(journal)",
        ])
        try? FileManager.default.removeItem(atPath: server.directory + "-2")
        #expect(beside.code == 73, "\(beside.output)")
    }

    @Test func `guesses count for whom a trusted proxy saw`() throws {
        let admin = AdminToken.make(name: "ops", scopes: [.admin], random: SystemRandom())
        let credentials = ["--set", "access.admin-tokens=[{name: ops, sha256: \(admin.sha256), scopes: [admin]}]"]
        func guess(_ wire: Wire, _ path: String, _ client: String) throws -> Int {
            let headers = ["Authorization": "Bearer x", "X-Forwarded-For": client]
            return try wire.send(path == "/v1/tenants" ? "GET" : "POST", path, "{}", headers: headers).status
        }
        for path in ["/t/acme/v3/pipeline", "/v1/tenants"] {
            let trusting = try ServerProcess(credentials + ["--set", "access.trusted-proxies=[127.0.0.0/8]"])
            let wire = try Wire(port: trusting.port)
            for _ in 0..<30 { _ = try guess(wire, path, "198.51.100.1") }
            #expect(try guess(wire, path, "198.51.100.1") == 429)
            #expect(try guess(wire, path, "1.1.1.1, 198.51.100.2") == 401)
            let wary = try ServerProcess(credentials)
            let other = try Wire(port: wary.port)
            for number in 0..<30 { _ = try guess(other, path, "198.51.100.\(number)") }
            #expect(try guess(other, path, "198.51.100.99") == 429)
        }
    }

    @Test func `a tenant's key chooses its schema`() throws {
        let template = NSTemporaryDirectory() + "rowhouse-e2e-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: template) }
        try Data("CREATE TABLE messages (id INTEGER PRIMARY KEY)".utf8).write(to: URL(fileURLWithPath: template))
        let server = try ServerProcess(["--set", "schemas={rooms: {match: \"room:*\", template: \(template)}}"])
        let wire = try Wire(port: server.port)
        for (key, schema, tables) in [("room:1", "rooms", [["messages"]]), ("lobby", "default", [])] {
            let made = try wire.send("POST", "/v1/tenants", "{\"key\":\"\(key)\"}")
            #expect(made.object["schema"] as? String == schema, "\(made.text)")
            let seen = try wire.send(
                "POST", "/t/\(key)/v3/pipeline",
                HranaText.pipeline([HranaText.execute("SELECT name FROM sqlite_schema")]))
            #expect(seen.rows() == tables, "\(seen.text)")
        }
    }
}

/// The command line tool, run to its end.
enum Tool {
    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> (code: Int32, output: String)
    {
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.executableURL = URL(fileURLWithPath: ServerProcess.binary)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
