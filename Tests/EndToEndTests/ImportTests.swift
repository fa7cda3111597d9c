import Foundation
import Processes
import Testing

/// Files brought into the house with the command line, and through the node that does not have the tenant.
@Suite(.serialized) struct ImportTests {
    private func make(_ sql: String) throws -> String {
        let path = NSTemporaryDirectory() + "rowhouse-import-" + UUID().uuidString + ".sqlite"
        let made = try Command.run("sqlite3", [path, sql])
        try #require(made.status == 0, "\(made)")
        return path
    }

    private func count(_ key: String, _ port: Int) throws -> [[String?]]? {
        try Wire(port: port).send(
            "POST", "/t/\(key)/v3/pipeline",
            HranaText.pipeline([HranaText.execute("SELECT count(*), length(max(a)) FROM t")])
        ).rows()
    }

    @Test func `a database is imported, exported and imported again`() throws {
        let server = try ServerProcess()
        let file = try make("CREATE TABLE t(a); INSERT INTO t VALUES ('one'), (zeroblob(3000000));")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let call = ["tenant", "import", "acme", file, "--url", server.url]
        let missing = try Command.run(ServerProcess.binary, call)
        #expect(missing.status == 3 && missing.output.contains("tenant_not_found"), "\(missing)")
        let rehearsed = try Command.run(ServerProcess.binary, call + ["--create", "--dry-run"])
        #expect(rehearsed.status == 0 && rehearsed.output.contains("would"), "\(rehearsed)")
        let made = try Command.run(ServerProcess.binary, call + ["--create", "--json"])
        #expect(made.status == 0 && made.output.contains(#""created" : true"#), "\(made)")
        #expect(try count("acme", server.port)?.first?.first == "2")
        let stale = try Command.run(ServerProcess.binary, call + ["--if-match", "1-0"])
        #expect(stale.status == 4 && stale.output.contains("bookmark_mismatch"), "\(stale)")
        let again = try Command.run(ServerProcess.binary, call + ["--if-match", "1-1"])
        #expect(again.status == 0 && again.output.contains("now at 1-2"), "\(again)")
        server.kill()
        try server.start()
        #expect(try count("acme", server.port)?.first?.first == "2")
    }

    @Test func `a file goes through the other node, and a new tenant comes into being`() throws {
        let pair = try Pair()
        for key in ["u0", "u1"] { try pair.create(key) }
        let file = try make("CREATE TABLE t(a); INSERT INTO t VALUES ('relayed'), (zeroblob(9000000));")
        defer { try? FileManager.default.removeItem(atPath: file) }
        for node in [pair.first, pair.second] {
            for key in ["u0", "u1", "new\(node.port)"] {
                let call = ["tenant", "import", key, file, "--create", "--url", node.url]
                let done = try Command.run(ServerProcess.binary, call)
                #expect(done.status == 0, "\(done)\n\(node.logText.suffix(500))")
                for other in [pair.first, pair.second] { #expect(try count(key, other.port)?.first?.first == "2") }
            }
            // curl waits for 100 Continue, and sends in chunks what has no length.
            let curled = try Command.run(
                "curl",
                ["-sS", "-X", "PUT", "-H", "Transfer-Encoding: chunked", "-T", file, "\(node.url)/t/u0/snapshot"])
            #expect(curled.output.contains("\"bookmark\""), "\(curled)")
            let refused = try Command.run(
                "curl", ["-sS", "-X", "PUT", "-H", "If-Match: 1-0", "-T", file, "\(node.url)/t/u0/snapshot"])
            #expect(refused.output.contains("bookmark_mismatch"), "\(refused)")
            let broken = try Command.run(
                "curl", ["-sS", "-X", "PUT", "--data-binary", "@/bin/true", "\(node.url)/t/u0/snapshot"])
            #expect(broken.output.contains("snapshot_invalid"), "\(broken)")
        }
    }

    @Test func `a tenant that was made for a file which is refused does not stay`() throws {
        let server = try ServerProcess()
        let file = try make("CREATE TABLE t(a); INSERT INTO t VALUES (1);")
        defer { try? FileManager.default.removeItem(atPath: file) }
        func put(_ path: String, _ header: String = "X-Nothing: 1") throws -> String {
            try Command.run(
                "curl",
                [
                    "-sS", "-w", "%{http_code}", "-X", "PUT", "-H", header, "--data-binary", "@" + path,
                    "\(server.url)/t/ghost/snapshot",
                ]
            ).output
        }
        for _ in 0..<2 {
            #expect(try put("/bin/true").hasSuffix("400"))
            #expect(try Wire(port: server.port).send("GET", "/v1/tenants/ghost").status == 404)
        }
        // Refused by its head, when the tenant is there already.
        #expect(try put(file, "Content-Encoding: gzip").suffix(3).first == "4")
        #expect(try Wire(port: server.port).send("GET", "/v1/tenants/ghost").status == 404)
        #expect(try put(file).hasSuffix("201"))
        // One that somebody had made, or written to, stays as it is.
        #expect(try put("/bin/true").hasSuffix("400"))
        #expect(try count("ghost", server.port)?.first?.first == "1")
    }

    @Test func `a dump is run as a whole, and a mistake in it undoes all of it`() throws {
        let server = try ServerProcess()
        let file = try make(
            """
            CREATE TABLE t(a, b); CREATE TABLE log(x); CREATE INDEX ta ON t(a);
            CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('; END;'); SELECT 1; END;
            INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)
                SELECT 'row ' || i || char(10) || '; -- no comment ''', zeroblob(300) FROM c;
            DELETE FROM log;
            """)
        let dump = file + ".sql"
        defer { for path in [file, dump] { try? FileManager.default.removeItem(atPath: path) } }
        var text = try Command.run("sqlite3", [file, ".dump"]).output
        try text.write(toFile: dump, atomically: true, encoding: .utf8)
        let call = ["tenant", "import", "acme", dump, "--url", server.url]
        #expect(try Command.run(ServerProcess.binary, call).status == 3)
        let done = try Command.run(ServerProcess.binary, call + ["--create"])
        #expect(done.status == 0 && done.output.contains("ran 3004 statements"), "\(done)")
        #expect(try count("acme", server.port)?.first?.first == "3000")
        // Once more its tables are there already.
        let again = try Command.run(ServerProcess.binary, call)
        #expect(
            again.status == 1 && again.output.contains("line 3") && again.output.contains("already exists"), "\(again)")
        let stale = try Command.run(ServerProcess.binary, call + ["--if-match", "1-0"])
        #expect(stale.status == 4, "\(stale)")
        text = "INSERT INTO t(a) VALUES (1);\n\n/* a; */ INSERT INTO t(a)\n VALUES (2); INSERT INTO nothing VALUES (3)"
        try text.write(toFile: dump, atomically: true, encoding: .utf8)
        let wrong = try Command.run(ServerProcess.binary, call)
        #expect(wrong.status == 1 && wrong.output.contains("line 4"), "\(wrong)")
        #expect(try count("acme", server.port)?.first?.first == "3000")
        try "PRAGMA writable_schema=ON;".write(toFile: dump, atomically: true, encoding: .utf8)
        #expect(try Command.run(ServerProcess.binary, call).output.contains("virtual tables"))
    }
}
