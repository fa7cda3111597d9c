import Foundation
import Processes
import Testing

/// Embedded replicas of the unmodified native client, through everything that may happen to their tenant.
@Suite(.serialized) struct ReplicaTests {
    /// A folder for replicas' files.
    private final class Pocket {
        let folder = NSTemporaryDirectory() + "rowhouse-replicas-" + UUID().uuidString

        init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        /// - Returns: what the client printed.
        @discardableResult
        func run(_ file: String, _ url: String, _ commands: String...) throws -> String {
            let outcome = try Python.run("libsql_replica.py", ["\(url)/t/acme", "\(folder)/\(file)"] + commands)
            #expect(outcome.code == 0, "\(commands): \(outcome.output.suffix(1500))")
            return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private func write(_ node: ServerProcess, _ statements: String...) throws {
        for sql in statements {
            let answer = try Wire(port: node.port).send("POST", "/t/acme/query", #"{"sql":"\#(sql)"}"#)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    @Test func `A replica follows its tenant through writes, checkpoints, restarts and kill -9`() throws {
        let server = try ServerProcess()
        let pocket = try Pocket()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        try write(server, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        try pocket.run("first", server.url, "sync", "whole", "same")
        for round in 0..<4 {
            for _ in 0..<10 { try write(server, "INSERT INTO t(v) VALUES (hex(randomblob(300)))") }
            // More than asks for a checkpoint.
            try write(
                server, "INSERT INTO t(v) VALUES (randomblob(5000000))", "DELETE FROM t WHERE length(v) > 1000000")
            if round == 1 {
                server.stop()
                try server.start()
            } else if round == 2 {
                server.kill()
                try server.start()
            }
            try pocket.run("first", server.url, "sync", "whole", "same")
        }
        let before = try pocket.run(
            "second", server.url, "sync", "rows", "SELECT count(*) FROM t", "write",
            "INSERT INTO t(id, v) VALUES (999, 'mine')",
            "rows", "SELECT v FROM t WHERE id = 999", "whole", "same")
        #expect(before == "[[40]]\n[[\"mine\"]]", "a replica's own writes are there when they have returned")
        #expect(try pocket.run("first", server.url, "sync", "rows", "SELECT v FROM t WHERE id = 999") == #"[["mine"]]"#)
        try write(server, "CREATE TABLE u(a)", "ALTER TABLE t ADD COLUMN w DEFAULT 7")
        #expect(
            try pocket.run(
                "first", server.url, "rows", "SELECT count(*) FROM t", "sync", "rows", "SELECT max(w) FROM t", "whole",
                "same") == "[[41]]\n[[7]]")
    }

    @Test func `A replica whose history is gone gets the tenant once more, one that never was is told so`() throws {
        let server = try ServerProcess()
        let pocket = try Pocket()
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        try write(server, "CREATE TABLE t(v)", "INSERT INTO t VALUES (zeroblob(600000))")
        try pocket.run("first", server.url, "sync", "same")
        server.stop()
        try FileManager.default.removeItem(atPath: server.directory + "/replicas")
        try server.start()
        try write(server, "DELETE FROM t", "INSERT INTO t VALUES ('new')")
        try pocket.run("first", server.url, "sync", "whole", "same", "sync", "again", "sync", "same")
        let fresh = try Wire(port: server.port)
        let known = try fresh.send("GET", "/t/acme/info").object["current_generation"] as? Int ?? 0
        for path in ["sync/\(known)/7/135", "sync/\(known + 1)/1/129", "sync/4/1/129"] {
            let answer = try fresh.send("GET", "/t/acme/\(path)")
            #expect(answer.status == 410 && answer.text.contains("REPLICA_UNKNOWN"), "\(path): \(answer.text)")
        }
        // Another tenant has the key now: the replica is not made a mixture of both.
        #expect(try fresh.send("DELETE", "/v1/tenants/acme").status == 202)
        #expect(try fresh.send("DELETE", "/v1/tenants/acme?purge=true").status == 204)
        #expect(try fresh.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        try write(server, "CREATE TABLE other(v)")
        try pocket.run("first", server.url, "sync", "fails", "REPLICA_UNKNOWN", "rows", "SELECT v FROM t")
    }

    @Test func `Where a node takes no pushes, a replica for offline use reads, and keeps what it wrote`() throws {
        let server = try ServerProcess(["--set", "replicas.push=0"])
        let pocket = try Pocket()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        try write(server, "CREATE TABLE t(v)")
        try pocket.run("file", server.url, "offline", "sync", "same")
        try write(server, "INSERT INTO t VALUES ('more')")
        try pocket.run("file", server.url, "offline", "sync", "whole", "same")
        let rows = try pocket.run(
            "file", server.url, "offline", "write", "INSERT INTO t VALUES ('mine')", "sync", "fails",
            "PUSH_NOT_OFFERED", "rows", "SELECT v FROM t")
        #expect(rows == #"[["more"], ["mine"]]"#, "what was written there is not lost there")
        let there = try Wire(port: server.port).send("POST", "/t/acme/query", #"{"sql":"SELECT count(*) FROM t"}"#)
        #expect(there.text.contains(#""rows":[[1]]"#), "\(there.text)")
    }

    @Test func `Several replicas beside a writer each see whole commits in their order`() throws {
        let server = try ServerProcess()
        let pocket = try Pocket()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let outcome = try Python.run("libsql_replica_crowd.py", ["\(server.url)/t/acme", pocket.folder])
        #expect(outcome.code == 0, "\(outcome.output.suffix(1500))\n\(server.logText.suffix(500))")
        for number in 0..<4 { try pocket.run("crowd\(number)", server.url, "sync", "whole", "same") }
    }

    @Test func `A tenant that was compacted, and one with kept answers, reach its replicas`() throws {
        let server = try ServerProcess()
        let pocket = try Pocket()
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        try write(server, "CREATE TABLE t(v)", "CREATE TABLE u(v)", "INSERT INTO t VALUES (zeroblob(900000))")
        try pocket.run("first", server.url, "sync", "whole", "same")
        try write(server, "DELETE FROM t", "INSERT INTO u VALUES ('kept')")
        let compacted = try Wire(port: server.port).send(
            "POST", "/t/acme/v3/pipeline", HranaText.pipeline([HranaText.execute("VACUUM")]))
        #expect(compacted.status == 200 && !compacted.text.contains("\"error\""), "\(compacted.text)")
        try pocket.run("first", server.url, "sync", "whole", "same", "rows", "SELECT * FROM u")
        for number in 0..<3 {
            let answer = try Wire(port: server.port).send(
                "POST", "/t/acme/query", #"{"sql":"INSERT INTO u VALUES ('once')"}"#,
                headers: ["Idempotency-Key": "hidden-key-\(number)"])
            #expect(answer.status == 200, "\(answer.text)")
            try pocket.run("first", server.url, "sync", "whole", "same")
        }
        for end in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(pocket.folder)/first\(end)"))
            #expect(bytes.range(of: Data("hidden-key".utf8)) == nil && bytes.range(of: Data("_rowhouse".utf8)) == nil)
        }
    }

    @Test func `Replicas come through either node, and follow their tenant to another`() throws {
        let pair = try Pair()
        let pocket = try Pocket()
        try pair.create("acme")
        try write(pair.first, "CREATE TABLE t(v)", "INSERT INTO t VALUES (randomblob(300000))")
        for (file, node) in [("first", pair.first), ("second", pair.second)] {
            try pocket.run(file, node.url, "sync", "whole", "same")
        }
        for _ in 0..<2 {
            try write(pair.second, "INSERT INTO t VALUES ('before')")
            try pocket.run("first", pair.second.url, "sync", "same")
            try pair.move("acme", to: try pair.owner("acme") == "n1" ? "n2" : "n1")
            try write(pair.first, "INSERT INTO t VALUES ('after')")
            for (file, node) in [("first", pair.first), ("second", pair.second)] {
                try pocket.run(file, node.url, "sync", "whole", "same")
                try pocket.run(file, node.url, "write", "INSERT INTO t VALUES ('by replica')", "whole", "same")
            }
        }
    }
}
