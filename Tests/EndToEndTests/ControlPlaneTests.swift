import Foundation
import Processes
import Testing

/// The control plane as an operator's tools see it.
@Suite(.serialized) struct ControlPlaneTests {
    private struct Plane {
        let server: ServerProcess
        let wire: Wire

        init(_ arguments: [String] = []) throws {
            server = try ServerProcess(arguments)
            wire = try Wire(port: server.port)
        }

        func status(_ method: String, _ path: String, _ body: String? = nil) throws -> Int {
            try wire.send(method, path, body).status
        }

        /// The code of an error, or the status of anything else.
        func code(_ method: String, _ path: String, _ body: String? = nil) throws -> String {
            let answer = try wire.send(method, path, body)
            return (answer.object["error"] as? [String: Any])?["code"] as? String ?? "\(answer.status)"
        }

        func object(_ method: String, _ path: String, _ body: String? = nil) throws -> [String: Any] {
            try wire.send(method, path, body).object
        }

        func sql(_ key: String, _ statements: String...) throws -> Wire.Answer {
            try wire.send(
                "POST", "/t/\(key)/v3/pipeline", HranaText.pipeline(statements.map { HranaText.execute($0) }))
        }

        func keys(_ query: String) throws -> [String] {
            let items = try object("GET", "/v1/tenants?\(query)")["items"] as? [[String: Any]] ?? []
            return items.compactMap { $0["key"] as? String }
        }
    }

    @Test func `a key that was freed on a node that stands alone is the next tenant's at once`() throws {
        let plane = try Plane()
        for round in 0..<8 {
            #expect(try plane.status("POST", "/v1/tenants", #"{"key":"k"}"#) == 201)
            // The second tenant of that name must not see what the first one holds, whatever routers remember.
            let made = try plane.sql("k", "CREATE TABLE t (v)", "INSERT INTO t VALUES (\(round))", "SELECT v FROM t")
            #expect(made.rows(2) == [["\(round)"]], "\(made.text)")
            let isRename = round % 2 == 0
            if isRename {
                #expect(try plane.status("PATCH", "/v1/tenants/k", "{\"key\":\"old\(round)\"}") == 200)
                #expect(try plane.sql("old\(round)", "SELECT v FROM t").rows() == [["\(round)"]])
            } else {
                #expect(try plane.status("DELETE", "/v1/tenants/k?purge=true") == 204)
            }
        }
        let held = try Plane(["--set", "tenants.key-hold=1h"])
        #expect(try held.status("POST", "/v1/tenants", #"{"key":"k"}"#) == 201)
        #expect(try held.status("DELETE", "/v1/tenants/k?purge=true") == 204)
        #expect(try held.code("POST", "/v1/tenants", #"{"key":"k"}"#) == "key_held")
        #expect(try held.code("POST", "/v1/tenants?dry-run=true", #"{"key":"k"}"#) == "key_held")
    }

    @Test func `a change is made whole or not at all`() throws {
        let plane = try Plane()
        for key in ["a", "b"] { #expect(try plane.status("POST", "/v1/tenants", "{\"key\":\"\(key)\"}") == 201) }
        for (body, code) in [
            (#"{"key":"c","state":"bogus"}"#, "bad_request"), (#"{"key":"c","state":"deleted"}"#, "bad_request"),
            (#"{"key":"c","pin":"n77"}"#, "bad_request"), (#"{"key":"c","lables":{}}"#, "bad_request"),
            (#"{"key":"c","quotas":{"rubbish":1}}"#, "bad_request"),
            (#"{"key":"b","labels":{"x":"1"}}"#, "tenant_exists"),
        ] { #expect(try plane.code("PATCH", "/v1/tenants/a", body) == code, "\(body)") }
        #expect(try plane.code("PATCH", "/v1/tenants/a?dry-run=true", #"{"key":"b"}"#) == "tenant_exists")
        #expect(try plane.status("PATCH", "/v1/tenants/a?dry-run=true", #"{"key":"c"}"#) == 200)
        let same = try plane.object("GET", "/v1/tenants/a")
        #expect((same["labels"] as? [String: String])?.isEmpty == true && same["pin"] is NSNull)
        let both = try plane.object("PATCH", "/v1/tenants/a", #"{"key":"c","labels":{"x":"1"},"pin":"n1"}"#)
        #expect(both["key"] as? String == "c" && both["pin"] as? String == "n1", "\(both)")
        #expect(try plane.object("PATCH", "/v1/tenants/c", #"{"pin":null}"#)["pin"] is NSNull)
    }

    @Test func `what nobody understands is refused`() throws {
        let plane = try Plane()
        for (method, path, body) in [
            ("POST", "/v1/tenants", #"{"key":"a","lables":{}}"#),
            ("POST", "/v1/tenants", #"{"key":"a","quotas":{"x":1}}"#),
            ("POST", "/v1/tenants?dryrun=true", #"{"key":"a"}"#), ("GET", "/v1/tenants?sort=weight", nil),
            ("GET", "/v1/tenants?prefx=a", nil), ("GET", "/v1/tenants?label=nocolon", nil),
            ("GET", "/v1/tenants?state=bogus", nil), ("GET", "/v1/tenants?limit=abc", nil),
            ("GET", "/v1/nodes?limit=0", nil), ("DELETE", "/v1/tenants/a?purge=yes", nil),
        ] as [(String, String, String?)] {
            #expect(try plane.code(method, path, body) == "bad_request", "\(method) \(path)")
        }
        for order in ["key", "size", "activity"] { #expect(try plane.keys("sort=\(order)") == []) }
        #expect(try plane.code("GET", "/v1/moves") == "node_alone")
        #expect(try plane.code("POST", "/v1/moves", #"{"tenant":"a","to":"n2"}"#) == "node_alone")
        let wrong = try plane.wire.send("PUT", "/v1/tenants/a", "{}")
        #expect(wrong.status == 405 && wrong.headers["allow"] == "DELETE, GET, HEAD, PATCH", "\(wrong.headers)")
        #expect(try plane.code("PUT", "/v1/nothing", "{}") == "not_found")
    }

    @Test func `lists by label and state have full pages`() throws {
        let plane = try Plane()
        for index in 0..<9 {
            let body = "{\"key\":\"t\(index)\",\"labels\":{\"third\":\"\(index % 3 == 0)\"}}"
            #expect(try plane.status("POST", "/v1/tenants", body) == 201)
        }
        #expect(try plane.keys("label=third:true&limit=3") == ["t0", "t3", "t6"])
        #expect(try plane.status("DELETE", "/v1/tenants/t3") == 202)
        #expect(try plane.keys("label=third:true&state=ready") == ["t0", "t6"])
        #expect(try plane.keys("state=deleted") == ["t3"])
    }

    @Test func `a token is revoked under its own tenant only, and none is made for a deleted one`() throws {
        let plane = try Plane()
        for key in ["a", "b"] { #expect(try plane.status("POST", "/v1/tenants", "{\"key\":\"\(key)\"}") == 201) }
        let id = try plane.object("POST", "/v1/tenants/a/tokens", "{}")["id"] as? String ?? ""
        #expect(try plane.code("DELETE", "/v1/tenants/b/tokens/\(id)") == "not_found")
        #expect(try plane.code("DELETE", "/v1/tenants/a/tokens/anything") == "not_found")
        #expect(try plane.status("DELETE", "/v1/tenants/a/tokens/\(id)") == 204)
        #expect(try plane.status("DELETE", "/v1/tenants/a") == 202)
        #expect(try plane.code("POST", "/v1/tenants/a/tokens", "{}") == "tenant_deleted")
    }

    @Test func `pages of listed origins may read answers, of others not`() throws {
        let plane = try Plane(["--set", "cors.origins=[https://app.example.com]"])
        let origin = ["Origin": "https://app.example.com"]
        for path in ["/v1/tenants", "/v1/tenants/none", "/version"] {
            let answer = try plane.wire.send("GET", path, headers: origin)
            #expect(answer.headers["access-control-allow-origin"] == "https://app.example.com", "\(path)")
            #expect(answer.headers["vary"] == "Origin")
        }
        let asked = try plane.wire.send(
            "OPTIONS", "/v1/tenants", headers: origin.merging(["Access-Control-Request-Method": "POST"]) { $1 })
        #expect(asked.status == 204 && asked.headers["access-control-allow-methods"]?.contains("POST") == true)
        let foreign = try plane.wire.send(
            "OPTIONS", "/v1/tenants",
            headers: ["Origin": "https://evil.example.com", "Access-Control-Request-Method": "POST"])
        #expect(foreign.status == 403 && foreign.headers["access-control-allow-origin"] == nil)
    }

    @Test func `the command line says in JSON what failed and what it would have done`() throws {
        let plane = try Plane()
        let folder = plane.server.directory + "/home/rowhouse"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let profiles =
            "default: here\nprofiles: {here: {url: \"\(plane.server.url)\"}, nobody: {url: \"http://127.0.0.1:1\"}}"
        try Data(profiles.utf8).write(to: URL(fileURLWithPath: folder + "/profiles.yaml"))
        let environment = ["XDG_CONFIG_HOME": plane.server.directory + "/home", "ROWHOUSE_URL": ""]
        func run(_ arguments: String...) throws -> (code: Int32, json: [String: Any], text: String) {
            let ended = try Tool.run(arguments, environment: environment)
            let json = try? JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
            return (ended.code, json ?? [:], ended.output)
        }
        func error(_ json: [String: Any]) -> String { (json["error"] as? [String: Any])?["code"] as? String ?? "" }

        #expect(try run("tenant", "create", "a", "--json").json["key"] as? String == "a")
        let taken = try run("tenant", "create", "a", "--json")
        #expect(taken.code == 4 && error(taken.json) == "tenant_exists", "\(taken.text)")
        let usage = try run("tenant", "create", "--json")
        #expect(usage.code == 2 && error(usage.json) == "usage", "\(usage.text)")
        let nobody = try run("tenant", "list", "--profile", "nobody", "--json")
        #expect(nobody.code == 5 && error(nobody.json) == "unreachable", "\(nobody.text)")
        #expect(try run("tenant", "list", "--profile", "none").code == 2)

        #expect(try run("tenant", "create", "b").code == 0)
        #expect(try run("tenant", "rename", "a", "b", "--dry-run").code == 4)
        #expect(try run("tenant", "create", "x", "--schema", "nonsense", "--dry-run").code == 1)
        let would = try run("tenant", "rename", "a", "c", "--dry-run", "--json")
        #expect(would.json["would"] as? String == "rename" && would.json["to"] as? String == "c", "\(would.text)")
        #expect(try run("tenant", "set", "a", "--label", "x=1", "--state", "read-only").code == 0)
        let changed = try run("tenant", "show", "a", "--json").json
        #expect(changed["state"] as? String == "read-only" && (changed["labels"] as? [String: String]) == ["x": "1"])
        #expect(try run("tenant", "move", "a", "--to", "n2").text.contains("stands alone"))
        #expect(try run("--version").text.hasPrefix("0."))
    }
}
