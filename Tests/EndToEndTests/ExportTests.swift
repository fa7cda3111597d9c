import Foundation
import Processes
import Testing

/// A tenant taken out of the house with the command line, as SQLite's own shell sees it.
@Suite(.serialized) struct ExportTests {
    @Test func `an exported tenant is a database for SQLite's shell, also after kill -9`() throws {
        let server = try ServerProcess()
        let file = server.directory + ".export.sqlite"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let statements =
            #"{"statements": [{"sql": "CREATE TABLE t(v)"}, {"sql": "INSERT INTO t VALUES ('one'), (zeroblob(5000000))"}]}"#
        #expect(try wire.send("POST", "/t/acme/query", statements).status == 200)
        server.kill()
        try server.start()
        let export = ["tenant", "export", "acme", file, "--url", server.url]
        let first = try Command.run(ServerProcess.binary, export)
        #expect(first.status == 0 && first.output.contains("as of 1-1"), "\(first)")
        let looked = try Command.run("sqlite3", [file, "PRAGMA integrity_check; SELECT count(*), min(v) FROM t"])
        #expect(looked.output == "ok\n2|one\n", "\(looked)")
        // A file that is there is not replaced by accident, and nothing half done is left.
        #expect(try Command.run(ServerProcess.binary, export).status == 4)
        #expect(
            try Command.run(ServerProcess.binary, export + ["--force", "--json"]).output.contains(
                #""bookmark" : "1-1""#))
        let missing = try Command.run(
            ServerProcess.binary, ["tenant", "export", "nobody", file + "x", "--url", server.url])
        #expect(missing.status == 3, "\(missing)")
        #expect(!FileManager.default.fileExists(atPath: file + "x.part"))
    }
}
