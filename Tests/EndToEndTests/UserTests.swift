import Foundation
import Processes
import Testing

/// Users and their sessions, over HTTP and the command line, on one node and on two.
@Suite(.serialized) struct UserTests {
    static let settings = ["--set", "users.password-cost=14"]
    /// Their cost is another test's business.
    static let cheap = ["ROWHOUSE_PASSWORD_COST": "8"]

    private func signUp(
        _ email: String, _ tenant: String, at server: ServerProcess, headers: [String: String] = [:],
        password: String? = nil
    ) throws -> Wire.Answer {
        let secret = password.map { "\"password\": \"\($0)\", " } ?? ""
        return try Wire(port: server.port).send(
            "POST", "/v1/signups", "{\"email\": \"\(email)\", \(secret)\"tenant\": {\"key\": \"\(tenant)\"}}",
            headers: headers)
    }

    private func part(_ answer: Wire.Answer, _ name: String, _ member: String) -> String {
        (answer.object[name] as? [String: Any])?[member] as? String ?? ""
    }

    private func query(
        _ sql: String, _ token: String, _ base: String = "", at server: ServerProcess
    ) throws -> Wire.Answer {
        try Wire(port: server.port).send(
            "POST", base + "/query", "{\"sql\": \"\(sql)\"}", headers: ["Authorization": "Bearer " + token])
    }

    private func code(_ answer: Wire.Answer) -> String {
        (answer.object["error"] as? [String: Any])?["code"] as? String ?? ""
    }

    private func eventually(_ seconds: Double = 20, _ holds: () throws -> Bool) rethrows -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if try holds() { return true }
            usleep(10_000)
        }
        return try holds()
    }

    @Test func `a sign-up opens a tenant, and its session is a bearer there and nowhere else`() throws {
        let server = try ServerProcess(Self.settings, environment: Self.cheap)
        let done = try signUp("Ann@X.org", "acme", at: server)
        #expect(done.status == 201, "\(done.text)")
        let token = part(done, "session", "token")
        // Its tenant is found without being named.
        #expect(try query("CREATE TABLE t (a)", token, at: server).status == 200)
        #expect(try query("INSERT INTO t VALUES (1)", token, "/t/acme", at: server).status == 200)
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"other"}"#).status == 201)
        for key in ["other", "nothing"] {
            #expect(code(try query("SELECT 1", token, "/t/\(key)", at: server)) == "forbidden")
        }
        let user = part(done, "user", "id")
        let wire = try Wire(port: server.port)
        // Two tenants: one must be named, and each role bounds.
        let reads = try wire.send("PUT", "/v1/users/\(user)/memberships/other", #"{"role":"ro"}"#)
        #expect(reads.status == 200, "\(reads.text)")
        #expect(code(try query("SELECT 1", token, at: server)) == "tenant_required")
        #expect(try query("SELECT 1", token, "/t/other", at: server).status == 200)
        #expect(try query("CREATE TABLE t (a)", token, "/t/other", at: server).status == 403)
        // A rename is the same tenant; what the old key names afterwards is another.
        #expect(try wire.send("DELETE", "/v1/users/\(user)/memberships/other").status == 204)
        #expect(try wire.send("PATCH", "/v1/tenants/acme", #"{"key":"acme2"}"#).status == 200)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        #expect(try query("SELECT a FROM t", token, at: server).text.contains("[[1]]"))
        #expect(code(try query("SELECT 1", token, "/t/acme", at: server)) == "forbidden")
        // On the control plane it is good for itself only.
        let own = ["Authorization": "Bearer " + token]
        #expect(try Wire(port: server.port).send("GET", "/v1/tenants", headers: own).status == 403)
        #expect(try Wire(port: server.port).send("GET", "/v1/sessions/self", headers: own).status == 200)
        #expect(try Wire(port: server.port).send("DELETE", "/v1/sessions/self", headers: own).status == 204)
        #expect(code(try query("SELECT 1", token, "/t/acme2", at: server)) == "token_invalid")
    }

    @Test func `the same sign-up again, and others in its way`() throws {
        let server = try ServerProcess(Self.settings, environment: Self.cheap)
        let key = ["Idempotency-Key": "k1"]
        let first = try signUp("ann@x.org", "a", at: server, headers: key, password: "correct horse")
        let again = try signUp("ann@x.org", "a", at: server, headers: key, password: "correct horse")
        #expect(first.status == 201 && again.status == 201, "\(again.text)")
        #expect(part(first, "user", "id") == part(again, "user", "id"))
        #expect(part(first, "tenant", "id") == part(again, "tenant", "id"))
        for answer in [first, again] {
            #expect(try query("SELECT 1", part(answer, "session", "token"), at: server).status == 200)
        }
        #expect(code(try signUp("ann@x.org", "b", at: server, headers: key)) == "idempotency_mismatch")
        #expect(code(try signUp("ann@x.org", "a", at: server, headers: key)) == "idempotency_mismatch")
        let guess = try signUp("ann@x.org", "a", at: server, headers: key, password: "wrong horse")
        #expect(code(guess) == "idempotency_mismatch")
        #expect(code(try signUp("ANN@x.org", "b", at: server)) == "email_taken")
        #expect(code(try signUp("bob@x.org", "a", at: server)) == "tenant_exists")
        // What was refused has taken nothing.
        #expect(try signUp("bob@x.org", "b", at: server).status == 201)
        #expect(code(try signUp("ann", "c", at: server)) == "email_invalid")
        #expect(code(try signUp("c@x.org", "c", at: server, password: "short")) == "password_invalid")
        #expect(try Wire(port: server.port).send("GET", "/v1/tenants/c").status == 404)
    }

    @Test func `nobody signs in or up without a credential unless that was opened`() throws {
        let token = try Command.run(ServerProcess.binary, ["access", "token", "ops", "--scopes", "admin", "--json"])
        let made = try JSONSerialization.jsonObject(with: Data(token.output.utf8)) as? [String: Any]
        let line = "{name: ops, sha256: \"\(made?["sha256"] as? String ?? "")\", scopes: [admin]}"
        let admin = ["Authorization": "Bearer \(made?["token"] as? String ?? "")"]
        let common = Self.settings + ["--set", "access.admin-tokens=[\(line)]"]
        let closed = try ServerProcess(common, environment: Self.cheap)
        #expect(try signUp("ann@x.org", "a", at: closed).status == 401)
        #expect(try signUp("ann@x.org", "a", at: closed, headers: admin, password: "correct horse").status == 201)
        let body = #"{"email":"ann@x.org","password":"correct horse"}"#
        #expect(try Wire(port: closed.port).send("POST", "/v1/sessions", body).status == 401)
        #expect(try Wire(port: closed.port).send("POST", "/v1/sessions", body, headers: admin).status == 201)
        let open = try ServerProcess(
            common + [
                "--set", "users.open-sign-in=true", "--set", "users.open-sign-up=true", "--set",
                "users.sign-up-keys=a*",
            ], environment: Self.cheap)
        let done = try signUp("ann@x.org", "a", at: open, password: "correct horse")
        #expect(done.status == 201, "\(done.text)")
        #expect(code(try signUp("eve@x.org", "a2", at: open)) == "password_invalid")
        #expect(code(try signUp("eve@x.org", "eve", at: open, password: "correct horse")) == "forbidden")
        let entered = try Wire(port: open.port).send("POST", "/v1/sessions", body)
        #expect(entered.status == 201, "\(entered.text)")
        // Nobody gets a session for a user by its id, and a bad credential is not as good as none.
        let byID = "{\"user\":\"\(part(done, "user", "id"))\"}"
        #expect(try Wire(port: open.port).send("POST", "/v1/sessions", byID).status == 401)
        let bad = ["Authorization": "Bearer rh_admin_x"]
        #expect(try Wire(port: open.port).send("POST", "/v1/sessions", body, headers: bad).status == 401)
        #expect(try Wire(port: open.port).send("GET", "/v1/users").status == 401)
        // Known and unknown emails are told the same, and guesses are slowed down, by address too.
        var answers: Set<String> = []
        for index in 0..<12 {
            let email = index % 2 == 0 ? "ann@x.org" : "no\(index)@x.org"
            // All but two are too long for a password, and cost nothing.
            let password = index < 2 ? "wrong horse" : String(repeating: "x", count: 1025)
            let refused = try Wire(port: open.port).send(
                "POST", "/v1/sessions", "{\"email\":\"\(email)\",\"password\":\"\(password)\"}")
            answers.insert("\(refused.status) \(code(refused))")
        }
        #expect(answers == ["401 credentials_invalid", "429 rate_limited"])
    }

    @Test func `what ends a session is seen by the other node within the bound, and by this one at once`() throws {
        let pair = try Pair(Self.settings)
        let done = try signUp("ann@x.org", "a", at: pair.first)
        #expect(done.status == 201, "\(done.text)")
        let user = part(done, "user", "id")
        let wire = try Wire(port: pair.first.port)
        var slowest = 0.0
        let ends: [(String, () throws -> Int)] = [
            ("a revocation", { try wire.send("DELETE", "/v1/users/\(user)/sessions").status }),
            ("disabling", { try wire.send("PATCH", "/v1/users/\(user)", #"{"state":"disabled"}"#).status }),
            ("no membership", { try wire.send("DELETE", "/v1/users/\(user)/memberships/a").status }),
            ("deleting", { try wire.send("DELETE", "/v1/users/\(user)").status }),
        ]
        for (name, end) in ends {
            _ = try wire.send("PATCH", "/v1/users/\(user)", #"{"state":"active"}"#)
            _ = try wire.send("PUT", "/v1/users/\(user)/memberships/a", #"{"role":"rw"}"#)
            let begun = try wire.send("POST", "/v1/sessions", "{\"user\":\"\(user)\"}")
            let token = begun.object["token"] as? String ?? ""
            for node in [pair.first, pair.second] {
                let known = try eventually { try query("SELECT 1", token, "/t/a", at: node).status == 200 }
                #expect(known, "\(name)")
            }
            #expect(try end() < 300, "\(name)")
            let answered = Date()
            #expect(try query("SELECT 1", token, "/t/a", at: pair.first).status >= 400, "\(name)")
            let refused = try eventually { try query("SELECT 1", token, "/t/a", at: pair.second).status >= 400 }
            #expect(refused, "\(name)")
            slowest = max(slowest, Date().timeIntervalSince(answered))
        }
        // The bound is a second; on a machine that is busy with other tests a look itself may take its time.
        #expect(slowest < 5, "\(slowest)")
    }

    @Test func `while the catalog is away sessions are let in for the bound, and longer where that was chosen`() throws
    {
        for stale in [false, true] {
            let lease = ["--set", "cluster.lease=60s"]
            let more = stale ? ["--set", "sessions.stale-for=30s"] : []
            let pair = try Pair(Self.settings + lease + more)
            // A tenant of the second node, which goes on without the first.
            let found = try (0..<20).lazy.map { "t\($0)" }.first { key in
                try pair.create(key)
                return try pair.owner(key) == "n2"
            }
            let key = try #require(found)
            let made = try Wire(port: pair.first.port).send(
                "POST", "/v1/users", "{\"email\":\"ann@x.org\",\"tenant\":\"\(key)\",\"role\":\"rw\"}")
            #expect(made.status == 201, "\(made.text)")
            func begin() throws -> String {
                let id = made.object["id"] as? String ?? ""
                let begun = try Wire(port: pair.first.port).send("POST", "/v1/sessions", "{\"user\":\"\(id)\"}")
                return begun.object["token"] as? String ?? ""
            }
            let (known, unknown) = (try begin(), try begin())
            // Once more when the other node has heard of the membership, which lets it read the user's anew.
            #expect(try query("SELECT 1", known, "/t/\(key)", at: pair.second).status == 200)
            usleep(600_000)
            #expect(try query("SELECT 1", known, "/t/\(key)", at: pair.second).status == 200)
            pair.first.kill()
            let strange = try query("SELECT 1", unknown, "/t/\(key)", at: pair.second)
            #expect(strange.status == 503 && code(strange) == "catalog_unavailable", "\(strange.text)")
            #expect(strange.headers["retry-after"] != nil)
            if stale {
                usleep(1_500_000)
                #expect(try query("SELECT 1", known, "/t/\(key)", at: pair.second).status == 200)
            } else {
                try outage(of: key, at: pair.second)
                let refused = try eventually {
                    try query("SELECT 1", known, "/t/\(key)", at: pair.second).status == 503
                }
                #expect(refused)
            }
            try pair.first.start()
            let back = try eventually { try query("SELECT 1", unknown, "/t/\(key)", at: pair.second).status == 200 }
            #expect(back)
        }
    }

    /// What goes on without the catalog, and what says that it cannot.
    private func outage(of known: String, at node: ServerProcess) throws {
        func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> Wire.Answer {
            try Wire(port: node.port).send(method, path, body)
        }
        // A tenant whose place is remembered is read and written.
        for sql in ["CREATE TABLE IF NOT EXISTS o (a)", "INSERT INTO o VALUES (1)", "SELECT a FROM o"] {
            let answer = try ask("POST", "/t/\(known)/query", "{\"sql\":\"\(sql)\"}")
            #expect(answer.status == 200, "\(answer.text)")
        }
        for path in ["/healthz", "/readyz", "/version", "/metrics"] { #expect(try ask("GET", path).status == 200) }
        let refused = [
            try ask("POST", "/t/nobody-knows/query", #"{"sql":"SELECT 1"}"#), try ask("GET", "/v1/tenants/\(known)"),
            try ask("POST", "/v1/tenants", #"{"key":"new"}"#), try ask("GET", "/v1/users"),
            try ask("POST", "/v1/sessions", #"{"user":"0000000000000001"}"#),
            try ask("POST", "/v1/signups", #"{"email":"new@x.org","tenant":{"key":"new"}}"#),
            try ask("PUT", "/v1/claims/slug/x", #"{"tenant":"x","ttl":"30s"}"#), try ask("GET", "/v1/audit"),
        ]
        for answer in refused {
            #expect(answer.status == 503 && code(answer) == "catalog_unavailable", "\(answer.text)")
            #expect(answer.headers["retry-after"] != nil, "\(answer.text)")
        }
    }

    @Test func `the command line does the same`() throws {
        let server = try ServerProcess(Self.settings, environment: Self.cheap)
        func run(_ arguments: String..., input: String? = nil) throws -> (status: Int32, output: String) {
            let command = ([ServerProcess.binary] + arguments).map { "'\($0)'" }.joined(separator: " ")
            let feed = input.map { "printf '%s\\n' '\($0)' | " } ?? ""
            return try Command.run("sh", ["-c", "\(feed)\(command) --url \(server.url)"])
        }
        let signed = try run("signup", "ann@x.org", "acme", "--password", input: "correct horse")
        #expect(signed.status == 0 && signed.output.contains("rh_sess_"), "\(signed.output)")
        #expect(try run("signup", "ann@x.org", "b", "--password", input: "correct horse").status == 4)
        #expect(try run("user", "create", "bob@x.org", "--tenant", "acme", "--role", "ro").status == 0)
        #expect(try run("user", "create", "bob@x.org").status == 4)
        #expect(try run("user", "create", "bob@x.org", "--dry-run").status == 4)
        #expect(try run("user", "create", "new@x.org", "--dry-run").output == "would create user new@x.org\n")
        #expect(try run("user", "show", "new@x.org").status == 3)
        #expect(try run("user", "list", "--tenant", "acme").output.contains("bob@x.org"))
        #expect(try run("user", "show", "BOB@X.org").output.contains(#""role":"ro""#))
        #expect(try run("user", "set", "bob@x.org", "--email", "rob@x.org").output.contains("rob@x.org"))
        #expect(try run("user", "set", "rob@x.org", "--email", "ann@x.org").status == 4)
        #expect(try run("user", "set", "rob@x.org", "--password", input: "battery staple").status == 0)
        let wrong = try run("session", "create", "rob@x.org", "--password", input: "wrong horse")
        #expect(wrong.status == 6, "\(wrong.output)")
        let begun = try run(
            "session", "create", "rob@x.org", "--password", "--device", "phone", "--json", input: "battery staple")
        #expect(begun.status == 0 && begun.output.contains("rh_sess_"), "\(begun.output)")
        #expect(try run("session", "list", "rob@x.org").output.contains("phone"))
        #expect(try run("session", "revoke", "--user", "rob@x.org", "--dry-run").status == 0)
        #expect(try run("session", "revoke", "--user", "rob@x.org").output == "ended 1 sessions\n")
        #expect(try run("session", "revoke", "0000000000000000").status == 3)
        #expect(try run("user", "member", "set", "rob@x.org", "acme", "admin").status == 0)
        #expect(try run("user", "member", "remove", "rob@x.org", "acme").status == 0)
        #expect(try run("user", "disable", "rob@x.org").output.contains("disabled"))
        #expect(try run("session", "create", "rob@x.org").status == 6)
        #expect(try run("user", "enable", "rob@x.org").output.contains("active"))
        let export = try run("user", "export", "rob@x.org")
        #expect(export.output.contains("\"normalEmail\"") && !export.output.contains("rh_sess_"), "\(export.output)")
        #expect(try run("user", "delete", "rob@x.org").status == 2)
        #expect(try run("user", "delete", "rob@x.org", "--yes").status == 0)
        #expect(try run("user", "create", "rob@x.org").status == 0)
    }
}
