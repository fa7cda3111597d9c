import Foundation
import Processes
import Testing

/// `rowhouse tenant query` as a script uses it.
@Suite(.serialized) struct QueryCommandTests {
    private func query(
        _ server: ServerProcess, _ arguments: [String], input: String? = nil
    ) throws -> (status: Int32, output: String, errors: String) {
        try CommandLineRun.run(["tenant", "query", "acme"] + arguments, on: server, input: input)
    }

    private func served() throws -> ServerProcess {
        let server = try ServerProcess()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        return server
    }

    @Test func `Statements run in order until one fails, with --atomic all or none`() throws {
        let server = try served()
        let made = try query(server, ["CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2, NULL)"])
        #expect(made.status == 0 && made.output == "done\n2 rows changed\n", "\(made)")
        let failing =
            "INSERT INTO t VALUES (3, '');\nSELECT count(*) AS n FROM t;\nSELECT * FROM nowhere; DELETE FROM t"
        let atomic = try query(server, [failing, "--atomic", "--format", "csv"])
        #expect(atomic.status == 1 && atomic.output == "n\n3\n", "\(atomic)")
        #expect(atomic.errors.hasPrefix("rowhouse: statement 3, line 3: SQLite error: no such table: nowhere"))
        #expect(try query(server, ["SELECT a, b FROM t", "--format", "csv"]).output == "a,b\n1,x\n2,\n")
        let loose = try query(server, ["-"], input: failing)
        #expect(loose.status == 1)
        #expect(try query(server, ["SELECT max(a) FROM t", "--format", "csv", "--no-headers"]).output == "3\n")
        let open = try query(server, ["BEGIN; DELETE FROM t"])
        #expect(open.status == 1 && open.errors.contains("is undone"), "\(open)")
        #expect(try query(server, ["SELECT count(*) FROM t", "--format", "line"]).output.hasPrefix("count(*) = 3\n"))
    }

    @Test func `Values reach their parameters, and mistakes are told before anything is sent`() throws {
        let server = try served()
        let typed = "SELECT typeof(?), typeof(?), typeof(?), typeof(?)"
        let types = try query(
            server, [typed, "7", "NULL", "x'00'", "--arg", "-1.5", "--format", "csv", "--no-headers"])
        #expect(types.output == "integer,null,blob,real\n", "\(types)")
        let named = try query(
            server, ["SELECT :a AS a; SELECT @a + $b AS s", "--param", "a=1", "--param", "b=2", "--json"])
        #expect(
            named.output == """
                {"columns":["a"],"rows":[[1]],"rowsAffected":0,"lastInsertRowID":null}
                {"columns":["s"],"rows":[[3]],"rowsAffected":0,"lastInsertRowID":null}

                """, "\(named)")
        #expect(try query(server, ["SELECT 1; SELECT 2", "5"]).status == 2)
        #expect(try query(server, ["SELECT 1", "--param", "x=1"]).status == 2)
        #expect(try query(server, ["SELECT 1", "--format", "neat"]).status == 2)
        #expect(try query(server, [], input: "  -- nothing\n").status == 2)
        let failed = try query(server, ["SELEC", "--json"])
        #expect(failed.status == 1 && failed.output.isEmpty && failed.errors.contains(#""code":"SQL_PARSE_ERROR""#))
    }

    @Test func `A large result is streamed, and a script of thousands of statements is read as it comes`() throws {
        let server = try served()
        let script =
            "CREATE TABLE t(a);\nBEGIN;\n" + (0..<3_000).map { "INSERT INTO t VALUES (\($0));\n" }.joined()
            + "COMMIT;\n"
        let loaded = try query(server, ["--format", "csv"], input: script)
        #expect(loaded.status == 0 && loaded.output.isEmpty, "\(loaded)")
        let many = try query(server, ["SELECT x.a, hex(zeroblob(20)) FROM t x, t y LIMIT 50000", "--format", "ndjson"])
        #expect(many.status == 0 && many.output.utf8.count { $0 == 0x0A } == 50_000)
    }
}

/// The binary as a command, with what it is given and what it says.
enum CommandLineRun {
    static func run(
        _ arguments: [String], on server: ServerProcess, input: String? = nil
    ) throws -> (status: Int32, output: String, errors: String) {
        try run(ServerProcess.binary, arguments, input: input, environment: ["ROWHOUSE_URL": server.url])
    }

    static func run(
        _ program: String, _ arguments: [String], input: String? = nil, environment: [String: String]
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let folder = NSTemporaryDirectory() + "rowhouse-run-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Files rather than pipes, none of which can fill up and stop the process.
        try (input ?? "").write(toFile: folder + "/in", atomically: false, encoding: .utf8)
        for name in ["/out", "/err"] { _ = FileManager.default.createFile(atPath: folder + name, contents: nil) }
        process.standardInput = FileHandle(forReadingAtPath: folder + "/in")
        process.standardOutput = FileHandle(forWritingAtPath: folder + "/out")
        process.standardError = FileHandle(forWritingAtPath: folder + "/err")
        try process.run()
        process.waitUntilExit()
        let output = try String(contentsOfFile: folder + "/out", encoding: .utf8)
        let errors = try String(contentsOfFile: folder + "/err", encoding: .utf8)
        return (process.terminationStatus, output, errors)
    }
}
