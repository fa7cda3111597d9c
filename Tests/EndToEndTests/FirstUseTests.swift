import Crypto
import Foundation
import Processes
import Seams
import Testing
import Vocabulary

@testable import Access

/// Tenants that the first request which writes to them makes, as their schema says.
@Suite(.serialized) struct FirstUseTests {
    /// A node with three kinds of tenants.
    private final class Kinds {
        let server: ServerProcess
        private let folder: String

        init(_ arguments: [String] = []) throws {
            folder = NSTemporaryDirectory() + "rowhouse-kinds-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("CREATE TABLE m(v);\nINSERT INTO m VALUES ('hello');\n".utf8).write(
                to: URL(fileURLWithPath: folder + "/dm.sql"))
            let config = """
                schemas:
                  dm: {match: "dm:*", create: on-first-use, template: \(folder)/dm.sql}
                  staff: {match: "user:*:staff", create: explicit}
                  user: {match: "user:*", create: on-first-use}
                """
            try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/node.yaml"))
            server = try ServerProcess(["--config", folder + "/node.yaml"] + arguments)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func query(_ key: String, _ sql: String) throws -> Wire.Answer {
            try Wire(port: server.port).send("POST", "/t/\(key)/query", #"{"sql":"\#(sql)"}"#)
        }

        func keys() throws -> [String] {
            let items = try Wire(port: server.port).send("GET", "/v1/tenants").object["items"] as? [[String: Any]]
            return (items ?? []).map { "\($0["key"] ?? "") \($0["schema"] ?? "") \($0["state"] ?? "")" }
        }
    }

    @Test func `who writes makes a tenant of its kind, who reads finds none`() throws {
        let kinds = try Kinds()
        let wire = try Wire(port: kinds.server.port)
        let steps = { (sql: String) in #"{"batch":{"steps":[{"stmt":{"sql":"\#(sql)"}}]}}"# }
        let calls: [(path: String, body: (String) -> String)] = [
            ("query", { #"{"sql":"\#($0)"}"# }), ("v1/execute", { #"{"stmt":{"sql":"\#($0)"}}"# }), ("v1/batch", steps),
            ("v2/pipeline", { HranaText.pipeline([HranaText.execute($0)]) }),
            ("v3/pipeline", { #"{"requests":[{"type":"sequence","sql":"SELECT 1; \#($0)"}]}"# }), ("v3/cursor", steps),
        ]
        for (number, call) in calls.enumerated() {
            let path = "/t/dm:\(number)/\(call.path)"
            for reading in ["SELECT * FROM m", "PRAGMA table_info(m)", "EXPLAIN DELETE FROM m"] {
                let read = try wire.send("POST", path, call.body(reading))
                #expect(
                    read.status == 404 && read.text.lowercased().contains("tenant_not_found"), "\(path) \(read.text)")
            }
            let written = try wire.send("POST", path, call.body("INSERT INTO m VALUES (\(number))"))
            #expect(written.status == 200 && !written.text.contains("error\":{"), "\(path) \(written.text)")
            let rows = try kinds.query("dm:\(number)", "SELECT group_concat(v) FROM m")
            #expect(rows.text.contains("hello,\(number)"), "\(rows.text)")
        }
        #expect(try kinds.query("user:1", "CREATE TABLE u(a)").status == 200)
        for explicit in ["user:1:staff", "acme"] {
            #expect(try kinds.query(explicit, "CREATE TABLE u(a)").status == 404)
        }
        #expect(try wire.send("GET", "/t/dm:9/snapshot").status == 404)
        #expect(try wire.send("POST", "/t/dm:9/v3/pipeline", "{").status == 400)
        #expect(try kinds.keys() == (0..<6).map { "dm:\($0) dm ready" } + ["user:1 user ready"])
        kinds.server.kill()
        try kinds.server.start()
        #expect(try kinds.query("dm:5", "SELECT count(*) FROM m").text.contains("[[2]]"))
    }

    @Test func `a thousand who come at once make one tenant, and all of them succeed`() throws {
        let kinds = try Kinds()
        let port = kinds.server.port
        let failures = Failures()
        DispatchQueue.concurrentPerform(iterations: 100) { _ in
            do {
                let wire = try Wire(port: port)
                let body = #"{"sql":"INSERT INTO m VALUES (1)"}"#
                try (0..<10).forEach { _ in
                    try wire.write(
                        Array(
                            "POST /t/dm:x/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                                .utf8))
                }
                for _ in 0..<10 {
                    let answer = try wire.read()
                    if answer.status != 200 { failures.add(answer.text) }
                }
            } catch { failures.add("\(error)") }
        }
        #expect(failures.all.isEmpty, "\(failures.all.prefix(3))")
        #expect(try kinds.keys() == ["dm:x dm ready"])
        #expect(try kinds.query("dm:x", "SELECT count(*) FROM m").text.contains("[[1001]]"))
    }

    @Test func `a deleted tenant is not made again before it is purged`() throws {
        let kinds = try Kinds()
        let wire = try Wire(port: kinds.server.port)
        #expect(try kinds.query("dm:1", "DELETE FROM m").status == 200)
        #expect(try wire.send("DELETE", "/v1/tenants/dm:1").status == 202)
        let written = try kinds.query("dm:1", "INSERT INTO m VALUES (1)")
        #expect(written.status == 409 && written.text.contains("tenant_deleted"), "\(written.text)")
        #expect(try kinds.query("dm:1", "SELECT * FROM m").status == 404)
        #expect(try wire.send("POST", "/v1/tenants/dm:1/undelete").status == 200)
        #expect(try kinds.query("dm:1", "SELECT count(*) FROM m").text.contains("[[0]]"))
        #expect(try wire.send("DELETE", "/v1/tenants/dm:1?purge=true").status == 204)
        #expect(try kinds.query("dm:1", "INSERT INTO m VALUES (2)").status == 200)
        #expect(try kinds.query("dm:1", "SELECT group_concat(v) FROM m").text.contains("hello,2"))
    }

    @Test func `a key that is held and a limit that is reached are said, and nothing is left behind`() throws {
        let kinds = try Kinds([
            "--set", "limits.creates-caller=3", "--set", "limits.tenants=3", "--set", "tenants.key-hold=1h",
        ])
        let wire = try Wire(port: kinds.server.port)
        for number in 1...2 { #expect(try kinds.query("dm:\(number)", "DELETE FROM m").status == 200) }
        #expect(try wire.send("DELETE", "/v1/tenants/dm:2?purge=true").status == 204)
        let held = try kinds.query("dm:2", "DELETE FROM m")
        #expect(held.status == 409 && held.text.contains("key_held"), "\(held.text)")
        let many = try kinds.query("dm:3", "DELETE FROM m")
        #expect(many.status == 429 && many.text.contains("rate_limited"), "\(many.text)")
        #expect(Int(many.headers["retry-after"] ?? "") ?? 0 > 0)
        for key in ["a", "b"] { #expect(try wire.send("POST", "/v1/tenants", #"{"key":"\#(key)"}"#).status == 201) }
        let full = try wire.send("POST", "/v1/tenants", #"{"key":"c"}"#)
        #expect(full.status == 429 && full.text.contains("limits.tenants"), "\(full.text)")
        #expect(try kinds.keys().count == 3)
    }

    @Test(arguments: [
        ("libsql_remote.py", "http"), ("libsql_client_http.py", "http"), ("libsql_client_ws.py", "ws"),
    ])
    func `clients need no tenant to begin with`(script: String, scheme: String) throws {
        let server = try ServerProcess(["--set", "schemas={default: {create: on-first-use}}"])
        let outcome = try Python.run(script, ["\(scheme)://localhost:\(server.port)/t/new/"])
        #expect(outcome.code == 0, "\(outcome.output)\n\(server.logText.suffix(2000))")
    }

    /// A token as an application's own server signs them, with the node's key: for a tenant's key, which nobody has yet.
    private func token(_ keys: SigningKeys, _ level: String, _ key: String) throws -> String {
        let signing = try #require(keys.signing)
        let now = SystemTime().wall().milliseconds / 1_000
        let parts = [
            "{\"alg\":\"EdDSA\",\"kid\":\"\(signing.kid)\",\"typ\":\"JWT\"}",
            "{\"p\":{\"\(level)\":{\"ns\":[\"\(key)\"]}},\"iat\":\(now - 5),\"exp\":\(now + 600)}",
        ]
        let signed = parts.map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
        return signed + "." + Base64URL.encode(try signing.key.signature(for: Data(signed.utf8)))
    }

    @Test func `a token that names nothing but the key makes its tenant, and no other`() throws {
        let admin = AdminToken.make(name: "ops", scopes: [.admin], random: SystemRandom())
        let kinds = try Kinds(["--set", "access.admin-tokens=[{name: ops, sha256: \(admin.sha256), scopes: [admin]}]"])
        func send(_ method: String, _ path: String, _ body: String = "", as token: String) throws -> Wire.Answer {
            try Wire(port: kinds.server.port).send(method, path, body, headers: ["Authorization": "Bearer \(token)"])
        }
        // With the first token there is a key to sign with.
        #expect(try send("POST", "/v1/tenants", #"{"key":"acme"}"#, as: admin.token).status == 201)
        #expect(try send("POST", "/v1/tenants/acme/tokens", #"{"access":"rw"}"#, as: admin.token).status == 201)
        #expect(kinds.server.stop() == 0)
        let found = try Python.run("signing_key.py", [kinds.server.directory]).output.split(separator: " ")
        try kinds.server.start()
        var keys = SigningKeys()
        try keys.addSigning(String(found[1]).trimmingCharacters(in: .whitespacesAndNewlines), kid: String(found[0]))
        let (reader, writer) = (try token(keys, "ro", "dm:1"), try token(keys, "rw", "dm:1"))
        let write = #"{"sql":"INSERT INTO m VALUES ('mine')"}"#
        for (key, token, status) in [("dm:1", reader, 404), ("dm:2", writer, 403), ("acme", writer, 403)] {
            let answer = try send("POST", "/t/\(key)/query", write, as: token)
            #expect(answer.status == status, "\(key): \(answer.text)")
        }
        #expect(try send("POST", "/t/dm:1/query", #"{"sql":"SELECT * FROM m"}"#, as: writer).status == 404)
        for _ in 0..<2 { #expect(try send("POST", "/t/dm:1/query", write, as: writer).status == 200) }
        let made = try AuditTests.entries(
            Wire(port: kinds.server.port), "&tenant=dm:1&order=oldest", token: admin.token
        ).first
        #expect(made?.action == "tenant.create" && made?.detail["occasion"] == "first use")
        #expect(made?.actor.hasPrefix("token:sha256-") == true && made?.origin == "127.0.0.1")
        #expect(made?.requestID.isEmpty == false)
        // The same token goes on being good for what it has made, and so does one that may read.
        let rows = try send("POST", "/t/dm:1/query", #"{"sql":"SELECT group_concat(v) FROM m"}"#, as: reader)
        #expect(rows.text.contains("hello,mine,mine"), "\(rows.text)")
        #expect(try send("POST", "/t/dm:1/query", write, as: reader).status == 403)
        let items = try send("GET", "/v1/tenants", as: admin.token).object["items"] as? [[String: Any]] ?? []
        #expect(items.map { $0["key"] as? String ?? "" } == ["acme", "dm:1"])
        // Another tenant of that key is not the one that the token was for.
        #expect(try send("DELETE", "/v1/tenants/dm:1?purge=true", as: admin.token).status == 204)
        #expect(try send("POST", "/v1/tenants", #"{"key":"dm:1"}"#, as: admin.token).status == 201)
        #expect(try send("POST", "/t/dm:1/query", write, as: writer).status == 403)
    }

    @Test func `in a cluster the catalog says where it is made, whoever is asked`() throws {
        let pair = try Pair(["--set", "schemas={default: {create: on-first-use}}"])
        let ports = [pair.first.port, pair.second.port]
        let failures = Failures()
        DispatchQueue.concurrentPerform(iterations: 20) { number in
            do {
                let wire = try Wire(port: ports[number % 2])
                for key in 0..<10 {
                    let body = #"{"sql":"CREATE TABLE IF NOT EXISTS t(v)"}"#
                    let answer = try wire.send("POST", "/t/k\(key)/query", body)
                    if answer.status != 200 { failures.add("k\(key) \(answer.status) \(answer.text)") }
                }
            } catch { failures.add("\(error)") }
        }
        #expect(failures.all.isEmpty, "\(failures.all.prefix(3))")
        let owners = try (0..<10).map { try pair.owner("k\($0)") }
        #expect(Set(owners) == ["n1", "n2"], "\(owners)")
    }
}

private final class Failures: @unchecked Sendable {
    // @unchecked: behind the lock.
    private let lock = NSLock()
    private var texts: [String] = []
    var all: [String] { lock.withLock { texts } }
    func add(_ text: String) { lock.withLock { texts.append(text) } }
}
