import Foundation
import Processes
import Testing

/// Writes that replicas of the unmodified native client made offline.
@Suite(.serialized) struct OfflineTests {
    private final class Pocket {
        let folder = NSTemporaryDirectory() + "rowhouse-offline-" + UUID().uuidString

        init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        /// - Returns: what the client printed.
        @discardableResult
        func run(_ file: String, _ node: ServerProcess, _ commands: String...) throws -> String {
            let outcome = try Python.run(
                "libsql_replica.py", ["\(node.url)/t/acme", "\(folder)/\(file)", "offline"] + commands)
            #expect(outcome.code == 0, "\(commands): \(outcome.output.suffix(1500))")
            return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private func start() throws -> (ServerProcess, Pocket) {
        let server = try ServerProcess()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        try write(server, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        return (server, try Pocket())
    }

    private func write(_ node: ServerProcess, _ statements: String...) throws {
        for sql in statements {
            let answer = try Wire(port: node.port).send("POST", "/t/acme/query", #"{"sql":"\#(sql)"}"#)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    private func ask(_ node: ServerProcess, _ sql: String) throws -> String {
        let answer = try Wire(port: node.port).send("POST", "/t/acme/query", #"{"sql":"\#(sql)"}"#)
        let rows = answer.text.components(separatedBy: #""rows":"#).last?.components(separatedBy: #","rowsAffected"#)
        return rows?.first ?? ""
    }

    @Test func `Offline writes are pushed, with their schema, and reach the other replicas`() throws {
        let (server, pocket) = try start()
        for round in 0..<3 {
            try pocket.run(
                "first", server, "sync", "write", "INSERT INTO t(v) VALUES ('off \(round)')", "write",
                "CREATE TABLE u\(round)(a UNIQUE)", "write", "INSERT INTO u\(round) VALUES (\(round))", "sync", "same",
                "sync", "whole", "same")
            try pocket.run("second", server, "sync", "whole", "same")
        }
        #expect(try ask(server, "SELECT count(*) FROM t, u0, u1, u2") == "[[3]]")
        // Many parts, with a transaction larger than a page cache, and one that goes on.
        try pocket.run(
            "second", server, "write", "INSERT INTO t(v) VALUES (randomblob(5000000))", "write",
            "CREATE INDEX tv ON t(length(v), id)", "write", "DELETE FROM t WHERE length(v) > 100000", "sync", "same",
            "sync",
            "whole", "same", "again", "write", "INSERT INTO t(v) VALUES ('after')", "sync", "same")
        try pocket.run(
            "first", server, "sync", "whole", "same", "write", "INSERT INTO t(v) VALUES ('last')", "sync", "same")
        try pocket.run("second", server, "sync", "whole", "same")
        #expect(try ask(server, "PRAGMA integrity_check") == #"[["ok"]]"#)
    }

    @Test func `A push where somebody has written since is refused, and costs nobody anything`() throws {
        let (server, pocket) = try start()
        try pocket.run("first", server, "sync", "write", "INSERT INTO t(v) VALUES ('first')")
        try pocket.run("second", server, "sync", "write", "INSERT INTO t(v) VALUES ('second')")
        try pocket.run("first", server, "sync", "same")
        let left = try pocket.run(
            "second", server, "sync", "fails", "server returned a conflict", "rows", "SELECT v FROM t", "again", "sync",
            "fails",
            "conflict", "rows", "SELECT v FROM t")
        #expect(left == "[[\"second\"]]\n[[\"second\"]]", "what was written there is there")
        #expect(try ask(server, "SELECT group_concat(v) FROM t") == #"[["first"]]"#)
        // As the documentation says: what it has goes into a new one.
        try pocket.run("third", server, "sync", "write", "INSERT INTO t(v) VALUES ('second')", "sync", "same")
        #expect(try ask(server, "SELECT group_concat(v) FROM t") == #"[["first,second"]]"#)
    }

    @Test func `A compaction, another file and a restart under replicas that write offline`() throws {
        let (server, pocket) = try start()
        try write(server, "INSERT INTO t(v) VALUES (zeroblob(300000))", "DELETE FROM t")
        try pocket.run("first", server, "sync", "same")
        let compacted = try Wire(port: server.port).send(
            "POST", "/t/acme/v3/pipeline", HranaText.pipeline([HranaText.execute("VACUUM")]))
        #expect(compacted.status == 200 && !compacted.text.contains("\"error\""))
        try pocket.run(
            "first", server, "sync", "write", "INSERT INTO t(v) VALUES ('compact')", "sync", "sync", "whole", "same")
        try pocket.run("first", server, "write", "INSERT INTO t(v) VALUES ('before')")
        server.kill()
        try server.start()
        try pocket.run("first", server, "sync", "sync", "whole", "same", "write", "INSERT INTO t(v) VALUES ('lost?')")
        let wire = try Wire(port: server.port)
        let file = try wire.send("GET", "/t/acme/snapshot").body
        let head = "PUT /t/acme/snapshot HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(file.count)\r\n\r\n"
        try wire.write(Array(head.utf8) + file)
        #expect(try wire.read().status == 200)
        try write(server, "INSERT INTO t(v) VALUES ('server')")
        let rows = try pocket.run(
            "first", server, "sync", "fails", "conflict", "rows", "SELECT count(*) FROM t WHERE v = 'lost?'")
        #expect(rows == "[[1]]")
        try pocket.run("second", server, "sync", "write", "DELETE FROM t", "sync", "sync", "whole", "same")
    }

    @Test func `Pushes come through either node, and follow their tenant to another`() throws {
        let pair = try Pair()
        let pocket = try Pocket()
        try pair.create("acme")
        try write(pair.first, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        for node in [pair.first, pair.second] {
            try pocket.run(
                "one", node, "sync", "write", "INSERT INTO t(v) VALUES (randomblob(700000))", "sync", "sync", "same")
        }
        try pair.move("acme", to: try pair.owner("acme") == "n1" ? "n2" : "n1")
        for node in [pair.first, pair.second] {
            try pocket.run(
                "one", node, "sync", "write", "INSERT INTO t(v) VALUES ('moved')", "sync", "sync", "whole", "same")
        }
        #expect(try ask(pair.first, "SELECT count(*) FROM t WHERE v = 'moved'") == "[[2]]")
    }
}
