import Access
import Foundation
import Processes
import Seams
import Testing
import Vocabulary

/// Callers without the right, with a right that is not theirs, and web pages.
@Suite(.serialized) struct AccessTests {
    private struct Guarded {
        let siege: Siege
        let admin: String
        let reader: String

        init() throws {
            let admin = AdminToken.make(name: "ops", scopes: [.admin], random: SystemRandom())
            let reader = AdminToken.make(name: "eyes", scopes: [.read], random: SystemRandom())
            let setting = [("ops", admin.sha256, "admin"), ("eyes", reader.sha256, "read")]
                .map { "{name: \($0.0), sha256: \($0.1), scopes: [\($0.2)]}" }.joined(separator: ", ")
            siege = try Siege(["--set", "access.admin-tokens=[\(setting)]"], token: admin.token)
            self.admin = admin.token
            self.reader = reader.token
        }

        func token(_ key: String, _ access: String) throws -> String {
            let answer = try siege.connect().send(
                "POST", "/v1/tenants/\(key)/tokens", "{\"access\":\"\(access)\"}",
                headers: ["Authorization": "Bearer \(admin)"])
            return answer.object["token"] as? String ?? ""
        }

        /// The requests that a stranger would send, each refused in the same way.
        func refuse(_ name: String, _ authorization: String?, _ status: Int, _ code: String) throws {
            let header = authorization.map { "Authorization: \($0)\r\n" } ?? ""
            let program = "{\"requests\":[\(Raw.delete)]}"
            let control = Bad.Form.control(code)
            let data = Bad.Form.data(code.uppercased())
            for bad in [
                Bad("\(name): pipeline", Raw.pipeline(program, header), status, data),
                Bad("\(name): of nobody", Raw.post("/t/nobody/v3/pipeline", program, header), status, data),
                Bad("\(name): delete", Raw.get("/v1/tenants/acme", header, method: "DELETE"), status, control),
            ] {
                let wire = try siege.connect()
                try wire.write(bad.bytes)
                bad.check(try wire.read(), in: #_sourceLocation)
            }
        }
    }

    @Test func `without a good token nobody learns or changes anything`() throws {
        let guarded = try Guarded()
        try guarded.refuse("none", nil, 401, "token_missing")
        try guarded.refuse("empty", "Bearer ", 401, "token_missing")
        // Ten failures are free; the rest of these go on another server.
        for (name, header) in [("basic", "Basic b3BzOm9wcw=="), ("bare", guarded.admin)] {
            try guarded.refuse(name, header, 401, "token_invalid")
        }
        try guarded.siege.expectUntouched()
    }

    @Test func `guesses are slowed down, and good tokens are not`() throws {
        let guarded = try Guarded()
        let token = try guarded.token("acme", "rw")
        let wire = try guarded.siege.connect()
        func ask(_ token: String) throws -> Wire.Answer {
            try wire.send("POST", "/t/acme/v3/pipeline", Raw.select, headers: ["Authorization": "Bearer \(token)"])
        }
        #expect(try ask(token).status == 200)
        let guesses = try (0..<40).map { try ask("rh_admin_" + String(repeating: "\($0 % 10)", count: 43)) }
        #expect(guesses.prefix(5).allSatisfy { $0.status == 401 })
        let slowed = try #require(guesses.last)
        #expect(slowed.status == 429 && Bad.Form.data("RATE_LIMITED").fits(slowed), "\(slowed.text)")
        #expect(Int(slowed.headers["retry-after"] ?? "") ?? 0 > 0)
        #expect(try ask(token).status == 200)
        try guarded.siege.expectUntouched()
    }

    @Test func `a tampered, unsigned, expired or foreign token is none`() throws {
        let guarded = try Guarded()
        let good = try guarded.token("acme", "rw")
        let parts = good.split(separator: ".").map(String.init)
        let claims = Base64URL.decode(parts[1][...].utf8).map { String(decoding: $0, as: UTF8.self) } ?? ""
        func head(_ text: String) -> String { Base64URL.encode(Array(text.utf8)) }
        let widened = head(claims.replacing("\"rw\"", with: "\"ddl\""))
        #expect(widened != parts[1])
        let bad = [
            "widened": "\(parts[0]).\(widened).\(parts[2])",
            "none": "\(head(#"{"alg":"none"}"#)).\(parts[1]).",
            "none, signed": "\(head(#"{"alg":"none"}"#)).\(parts[1]).\(parts[2])",
            "HS256": "\(head(#"{"alg":"HS256","typ":"JWT"}"#)).\(parts[1]).\(parts[2])",
            "other kid": "\(head(#"{"alg":"EdDSA","kid":"elsewhere"}"#)).\(parts[1]).\(parts[2])",
            "two parts": "\(parts[0]).\(parts[1])", "four parts": good + ".x", "padded": good + "=",
        ]
        for (name, token) in bad {
            let answer = try guarded.siege.connect().send(
                "POST", "/t/acme/v3/pipeline", Raw.select, headers: ["Authorization": "Bearer \(token)"])
            #expect(answer.status == 401 && Bad.Form.data("TOKEN_INVALID").fits(answer), "\(name): \(answer.text)")
        }
        try guarded.siege.expectUntouched()
    }

    @Test func `times are kept, and a key that the node does not have signs nothing`() throws {
        let guarded = try Guarded()
        let id =
            try guarded.siege.connect().send(
                "GET", "/v1/tenants/acme", headers: ["Authorization": "Bearer \(guarded.admin)"]
            ).object["id"] as? String
        let tenant = try #require(TenantID(hex: id ?? ""))
        #expect(guarded.siege.server.stop() == 0)
        let found = try Python.run("signing_key.py", [guarded.siege.server.directory]).output.split(separator: " ")
        try guarded.siege.server.start()
        var own = SigningKeys()
        try own.addSigning(String(found[1]).trimmingCharacters(in: .whitespacesAndNewlines), kid: String(found[0]))
        var foreign = SigningKeys()
        try foreign.addSigning(SigningKeys.privateKeyText(seed: SystemRandom().bytes(32)), kid: String(found[0]))
        func ask(_ keys: SigningKeys, madeBefore seconds: Int64) throws -> Wire.Answer {
            let made = WallTime(milliseconds: SystemTime().wall().milliseconds - seconds * 1000)
            let token = TenantTokens.make(
                for: tenant, key: try TenantKey("acme"), level: .write, seconds: 60, keys: keys, now: made,
                random: SystemRandom())
            return try guarded.siege.connect().send(
                "POST", "/t/acme/v3/pipeline", Raw.select, headers: ["Authorization": "Bearer \(token?.token ?? "")"])
        }
        #expect(try ask(own, madeBefore: 0).status == 200)
        let expired = try ask(own, madeBefore: 3600)
        #expect(expired.status == 401 && Bad.Form.data("TOKEN_EXPIRED").fits(expired), "\(expired.text)")
        for answer in [try ask(own, madeBefore: -3600), try ask(foreign, madeBefore: 0)] {
            #expect(answer.status == 401 && Bad.Form.data("TOKEN_INVALID").fits(answer), "\(answer.text)")
        }
        try guarded.siege.expectUntouched()
    }

    @Test func `a token is good for its tenant, its level and its scope only`() throws {
        let guarded = try Guarded()
        let (reading, writing) = (try guarded.token("acme", "ro"), try guarded.token("other", "rw"))
        func bad(_ name: String, _ token: String, _ request: (String) -> String, _ form: Bad.Form) throws {
            try guarded.siege.put([Bad(name, request("Authorization: Bearer \(token)\r\n"), 403, form)])
        }
        let program = "{\"requests\":[\(Raw.delete)]}"
        try bad("ro writes", reading, { Raw.pipeline(program, $0) }, .data("FORBIDDEN"))
        try bad("another's", writing, { Raw.pipeline(program, $0) }, .data("FORBIDDEN"))
        try bad("nobody's", writing, { Raw.post("/t/nobody/v3/pipeline", program, $0) }, .data("FORBIDDEN"))
        for token in [reading, writing, guarded.reader] {
            try bad("creates", token, { Raw.post("/v1/tenants", #"{"key":"new"}"#, $0) }, .control("forbidden"))
            try bad("deletes", token, { Raw.get("/v1/tenants/acme", $0, method: "DELETE") }, .control("forbidden"))
            try bad("mints", token, { Raw.post("/v1/tenants/acme/tokens", "{}", $0) }, .control("forbidden"))
        }
        try bad("lists", reading, { Raw.get("/v1/tenants", $0) }, .control("forbidden"))
        try bad("measures", reading, { Raw.get("/metrics", $0) }, .control("forbidden"))
        try bad("reads as operator", guarded.reader, { Raw.pipeline(program, $0) }, .data("FORBIDDEN"))
        // A stream is its opener's: the same tenant's other token cannot go on with it.
        let wire = try guarded.siege.connect()
        let begun = try wire.send(
            "POST", "/t/acme/v3/pipeline", HranaText.pipeline([HranaText.execute("BEGIN")], close: false),
            headers: ["Authorization": "Bearer \(reading)"])
        let baton = begun.object["baton"] as? String ?? ""
        let goOn = HranaText.pipeline([HranaText.execute("SELECT 1")], baton: baton)
        let other = try guarded.token("acme", "ro")
        try guarded.siege.put([
            Bad("another's stream", Raw.pipeline(goOn, "Authorization: Bearer \(other)\r\n"), 400, .plain)
        ])
        try guarded.siege.expectUntouched()
    }

    @Test func `without credentials web pages, proxies and other names are not answered`() throws {
        let siege = try Siege(["--set", "cors.origins=[\"https://app.example.com\"]"])
        let program = "{\"requests\":[\(Raw.delete)]}"
        for header in [
            "Origin: https://evil.example", "Origin: null", "Origin: https://app.example.com.evil.example",
            "Origin: http://app.example.com", "Sec-Fetch-Site: cross-site", "Forwarded: for=1.2.3.4",
            "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost", "X-Forwarded-Proto: http",
        ] {
            try siege.put([
                Bad(header, Raw.pipeline(program, header + "\r\n"), 403, .data("ORIGIN_REFUSED")),
                Bad(
                    header, Raw.get("/v1/tenants/acme", header + "\r\n", method: "DELETE"), 403,
                    .control("origin_refused")),
            ])
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::2]"] {
            let named = { (text: String) in text.replacing("Host: localhost", with: "Host: \(host)") }
            try siege.put([
                Bad(host, named(Raw.pipeline(program)), 403, .data("ORIGIN_REFUSED")),
                Bad(host, named(Raw.get("/v1/tenants/acme", method: "DELETE")), 403, .control("origin_refused")),
            ])
        }
        let listed = try siege.connect().send(
            "POST", "/t/acme/v3/pipeline", Raw.select, headers: ["Origin": "https://app.example.com"])
        #expect(listed.status == 200)
        #expect(listed.headers["access-control-allow-origin"] == "https://app.example.com")
        try siege.expectUntouched()
    }

    @Test(arguments: [false, true])
    func `internal headers are not taken from outside`(inCluster: Bool) throws {
        let key = NSTemporaryDirectory() + "rowhouse-key-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: key) }
        #expect(
            FileManager.default.createFile(
                atPath: key, contents: Data(SystemRandom().bytes(32)), attributes: [.posixPermissions: 0o600]))
        let cluster = ["--set", "cluster.key-file=\(key)", "--set", "node.advertise={url}"]
        let siege = try Siege(inCluster ? cluster : [])
        let program = "{\"requests\":[\(Raw.delete)]}"
        for header in [
            "Rowhouse-Internal-Stamp: x", "Rowhouse-Internal-Authority: admin", "ROWHOUSE-INTERNAL-ANYTHING: 1",
            "Rowhouse-Internal-Refused: x", "Rowhouse-Signature: x",
        ] {
            try siege.put([
                Bad(header, Raw.pipeline(program, header + "\r\n"), 400, .data("BAD_REQUEST")),
                Bad(
                    header, Raw.get("/v1/tenants/acme", header + "\r\n", method: "DELETE"), 400, .control("bad_request")
                ),
                Bad(header, Raw.post("/.rowhouse/catalog", "x", header + "\r\n"), 404, .control("not_found")),
            ])
        }
        try siege.expectUntouched()
    }
}
