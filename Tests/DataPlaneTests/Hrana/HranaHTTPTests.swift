import Access
import Catalog
import DataPlane
import NIOCore
import Seams
import Synchronization
import Tenants
import Testing
import Vocabulary

/// The protocol's calls over HTTP, from the socket to the engine and back.
@Suite struct HranaHTTPTests {
    private static let numbers =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000) SELECT x, 'abcdefghijklmnopqrstuvwxyz' FROM c"

    @Test func `a pipeline is answered with exactly the headers that clients compare`() async throws {
        try await HranaDoor.open { door in
            let answer = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("SELECT 42")))
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(answer.headers["rowhouse-node"] == "n1")
            #expect(answer.headers["rowhouse-durability"] == "local")
            #expect(answer.headers["rowhouse-bookmark"] == "1-0")
            #expect(answer.headers["rowhouse-request-id"]?.utf8.count == 15)
            let json = JSON(answer.body)
            #expect(json["results"][0]["response"]["result"]["rows"][0][0]["value"].string == "42")
        }
    }

    @Test(arguments: [
        "/t/acme/v2/pipeline", "/t//acme//v3//pipeline", "/t/acme/v3/pipeline/", "/t/acme/v3/pipeline?x=1",
        "/t/%61cme/v2/pipeline", "/t/slow/v3/pipeline",
    ])
    func `a tenant is found by any spelling of its path`(_ path: String) async throws {
        try await HranaDoor.open { door in
            let answer = try await door.ask(post(path, HranaDoor.pipeline("SELECT 1")))
            #expect(answer.status == 200, "\(path) \(answer)")
        }
    }

    @Test func `streams go on over connections, and version 1 needs none`() async throws {
        try await HranaDoor.open { door in
            let open = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("BEGIN")))
            let baton = JSON(open.body)["baton"].string
            let insert = try await door.ask(
                post("/t/acme/v3/pipeline", HranaDoor.pipeline("INSERT INTO t(v) VALUES (1)", baton: baton)))
            let commit = try await door.ask(
                post("/t/acme/v3/pipeline", HranaDoor.pipeline("COMMIT", baton: JSON(insert.body)["baton"].string)))
            #expect(JSON(commit.body)["results"][0]["type"].string == "ok")
            #expect(commit.headers["rowhouse-bookmark"] == "1-1")
            let again = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("SELECT 1", baton: baton)))
            #expect(again.status == 400 && again.headers["content-type"] == "text/plain")
            let count = try await door.ask(post("/t/acme/v1/execute", #"{"stmt":{"sql":"SELECT count(*) FROM t"}}"#))
            #expect(JSON(count.body)["result"]["rows"][0][0]["value"].string == "1")
            let batch = try await door.ask(
                post("/t/acme/v1/batch", #"{"batch":{"steps":[{"stmt":{"sql":"SELECT 1"}}]}}"#))
            #expect(JSON(batch.body)["result"]["step_results"].count == 1)
        }
    }

    @Test func `versions that are spoken are confirmed without a token, others not`() async throws {
        try await HranaDoor.open(authenticator: Tokens.authenticator()) { door in
            for (path, status) in [("v1", 200), ("v2", 200), ("v3", 200), ("v3-protobuf", 200), ("v4", 404)] {
                let answer = try await door.ask(get("/t/acme/\(path)"))
                #expect(answer.status == status, "\(path)")
            }
        }
    }

    @Test func `mistakes have their status and code`() async throws {
        try await HranaDoor.open { door in
            let select = HranaDoor.pipeline("SELECT 1")
            let cases: [(String, Int, String)] = [
                (post("/t/nobody/v3/pipeline", select), 404, "TENANT_NOT_FOUND"),
                (post("/t/gone/v3/pipeline", select), 404, "TENANT_NOT_FOUND"),
                (post("/t/broken/v3/pipeline", select), 503, "CATALOG_UNAVAILABLE"),
                (post("/t/acme/v9/pipeline", select), 404, "NOT_FOUND"),
                (post("/t/acme", select), 404, "NOT_FOUND"),
                (get("/t/acme/v3/pipeline"), 405, "METHOD_NOT_ALLOWED"),
                (post("/t/..%00/v3/pipeline", select), 400, "KEY_INVALID"),
                (post("/t/acme/v3/pipeline", select, "Rowhouse-Tenant: other\r\n"), 400, "TENANT_CONFLICT"),
                (post("/t/acme/v3/pipeline", select, "Rowhouse-Timeout: soon\r\n"), 400, "BAD_REQUEST"),
                (post("/t/acme/v3/pipeline", select, "Rowhouse-Timeout: 999999999\r\n"), 400, "BAD_REQUEST"),
                (post("/t/acme/v3/pipeline", select, "Rowhouse-Bookmark: x\r\n"), 400, "BAD_REQUEST"),
                (post("/t/acme/v3/pipeline", select, "Rowhouse-Bookmark: 1-ff\r\n"), 412, "BOOKMARK_MISMATCH"),
                (post("/t/acme/v3/pipeline", select, "Idempotency-Key: a\r\n"), 400, "IDEMPOTENCY_NOT_POSSIBLE"),
                (
                    post("/t/acme/v3/pipeline", select, "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), 400,
                    "BAD_REQUEST"
                ),
                (post("/t/acme/v3/pipeline", select, "Origin: https://evil.example\r\n"), 403, "ORIGIN_REFUSED"),
                (post("/t/acme/v3/pipeline", select, "X-Forwarded-For: 1.2.3.4\r\n"), 403, "ORIGIN_REFUSED"),
            ]
            for (text, status, code) in cases {
                let answer = try await door.ask(text)
                let request = text.prefix(120)
                #expect(answer.status == status, "\(request) \(answer)")
                #expect(answer.headers["content-type"] == "application/json", "\(request)")
                #expect(JSON(answer.body)["code"].string == code, "\(request) \(answer.body)")
                #expect(JSON(answer.body)["error"].string != nil && JSON(answer.body)["message"].string != nil)
            }
            for body in ["", "{", #"{"requests":[{"type":"?"}]}"#, #"{"baton":"x","requests":[]}"#] {
                let answer = try await door.ask(post("/t/acme/v3/pipeline", body))
                #expect(answer.status == 400 && answer.headers["content-type"] == "text/plain", "\(body) \(answer)")
            }
        }
    }

    @Test func `a token decides who may read and write, whether the tenant exists or not`() async throws {
        let tokens = try Tokens()
        try await HranaDoor.open(authenticator: tokens.authenticator) { door in
            let reader = try tokens.make(HranaHouse.tenant, "acme", .read)
            let writer = try tokens.make(HranaHouse.tenant, "acme", .write)
            let insert = HranaDoor.pipeline("INSERT INTO t(v) VALUES (1)")
            func status(_ path: String, _ body: String, _ token: String?) async throws -> (Int, String?) {
                let header = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
                let answer = try await door.ask(post(path, body, header))
                return (answer.status, JSON(answer.body)["code"].string)
            }
            let select = HranaDoor.pipeline("SELECT 1")
            let cases: [(String, String, String?, Int, String?)] = [
                ("/t/acme/v3/pipeline", insert, nil, 401, "TOKEN_MISSING"),
                ("/t/acme/v3/pipeline", insert, "nonsense", 401, "TOKEN_INVALID"),
                ("/t/acme/v3/pipeline", insert, reader, 403, "FORBIDDEN"),
                ("/t/acme/v3/pipeline", select, reader, 200, nil),
                ("/t/acme/v3/pipeline", insert, writer, 200, nil),
                ("/t/nobody/v3/pipeline", insert, writer, 403, "FORBIDDEN"),
                ("/t/far/v3/pipeline", insert, writer, 403, "FORBIDDEN"),
                // No name: not this door's, as the fixture's rules see it.
                ("/v3/pipeline", select, reader, 404, nil),
            ]
            for (path, body, token, expected, code) in cases {
                let (found, shown) = try await status(path, body, token)
                #expect(found == expected && shown == code, "\(path) \(body) \(found) \(shown ?? "")")
            }
        }
    }

    @Test func `a state of the tenant narrows what a token allows`() async throws {
        try await HranaDoor.open { door in
            let insert = post("/t/acme/v3/pipeline", HranaDoor.pipeline("INSERT INTO t(v) VALUES (1)"))
            door.directory.state.withLock { $0 = .readOnly }
            let refused = try await door.ask(insert)
            #expect(refused.status == 403)
            let read = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("SELECT 1")))
            #expect(read.status == 200)
            door.directory.state.withLock { $0 = .blocked }
            let blocked = try await door.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("SELECT 1")))
            #expect(blocked.status == 403)
        }
    }

    @Test func `what another node owns goes there, what is moving is held and runs later`() async throws {
        try await HranaDoor.open { door in
            let far = try await door.ask(post("/t/far/v3/pipeline", HranaDoor.pipeline("SELECT 1")))
            #expect(far.body == "n2 ddl")
            let insert = post("/t/acme/v3/pipeline", HranaDoor.pipeline("INSERT INTO t(v) VALUES (1)"))
            door.house.engine.bar(HranaHouse.tenant, .moving(HranaHouse.tenant))
            let refused = try await door.ask(insert)
            #expect(
                refused.status == 503 && JSON(refused.body)["code"].string == "MOVING"
                    && refused.headers["retry-after"] == "1")
            door.relay.holds.store(true, ordering: .relaxed)
            async let waiting = door.ask(insert)
            while door.relay.held.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
            door.house.engine.bar(HranaHouse.tenant, nil)
            for request in door.relay.held.withLock({ $0 }) { door.service.resume(request) }
            door.relay.held.withLock { $0 = [] }
            let later = try await waiting
            #expect(JSON(later.body)["results"][0]["type"].string == "ok")
        }
    }

    @Test func `one connection serves many requests, pipelined too, in order`() async throws {
        try await HranaDoor.open { door in
            let client = try await door.door.connect()
            for round in 0..<20 {
                var text = ""
                for number in 0..<20 {
                    text += post("/t/acme/v3/pipeline", HranaDoor.pipeline("SELECT \(round * 100 + number)"))
                }
                try await client.send(text)
                for number in 0..<20 {
                    let json = JSON(try await client.answer().body)
                    #expect(
                        json["results"][0]["response"]["result"]["rows"][0][0]["value"].string
                            == "\(round * 100 + number)")
                }
            }
            try await client.close()
        }
    }

    @Test func `nothing of a connection is left when it is gone`() async throws {
        try await HranaDoor.open { door in
            for _ in 0..<10 {
                let client = try await door.door.connect()
                for _ in 0..<3 { _ = try await client.ask(post("/t/acme/v3/pipeline", HranaDoor.pipeline("SELECT 1"))) }
                _ = try await client.ask(post("/t/acme/v3/cursor", HranaDoor.cursor("SELECT 1")))
                _ = try await client.ask(post("/t/acme/v3/cursor", HranaDoor.cursor(Self.numbers)))
                try await client.close()
            }
            for _ in 0..<200 where door.seen.alive > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(door.seen.alive == 0)
        }
    }

    @Test func `a cursor streams its rows, whole and in order`() async throws {
        try await HranaDoor.open { door in
            let answer = try await door.ask(post("/t/acme/v3/cursor", HranaDoor.cursor(Self.numbers)))
            #expect(answer.status == 200 && answer.headers["transfer-encoding"] == "chunked")
            let lines = answer.body.utf8.split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == 100_003)
            #expect(JSON(String(Substring(lines[100_001])))["row"][0]["value"].string == "100000")
            #expect(JSON(String(Substring(lines[100_002])))["type"].string == "step_end")
            let small = try await door.ask(post("/t/acme/v3/cursor", HranaDoor.cursor("SELECT 1")))
            #expect(small.headers["content-length"] != nil)
        }
    }

    @Test func `a client that does not read costs bounded memory, and ends by its next request`() async throws {
        try await HranaDoor.open { door in
            let endless =
                "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, 'abcdefghijklmnopqrstuvwxyz' FROM c"
            let client = try await door.door.connect(autoRead: false)
            try await client.send(post("/t/acme/v3/cursor", HranaDoor.cursor(endless)))
            // Until no more is sent for a while, however slow the machine is.
            var sent = UInt64.max
            for _ in 0..<100 where sent != door.door.server.metrics().bytesOut || sent == 0 {
                sent = door.door.server.metrics().bytesOut
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(door.door.server.metrics().bytesOut == sent)
            #expect(sent > 0 && sent < 16 << 20)
            // Others are served meanwhile, writers too.
            let insert = try await door.ask(
                post("/t/acme/v3/pipeline", HranaDoor.pipeline("INSERT INTO t(v) VALUES (1)")))
            #expect(JSON(insert.body)["results"][0]["type"].string == "ok")
            try await client.close()
            for _ in 0..<200 where door.seen.alive > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(door.seen.alive == 0)
        }
    }

    @Test func `a browser of a listed origin is told what it may`() async throws {
        try await HranaDoor.open({ $0.cors = CORSRule(origins: ["https://app.example"]) }) { door in
            let preflight = try await door.ask(
                "OPTIONS /t/acme/v3/pipeline HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n\r\n"
            )
            #expect(
                preflight.status == 204 && preflight.headers["access-control-allow-origin"] == "https://app.example")
            let answer = try await door.ask(
                post("/t/acme/v3/pipeline", HranaDoor.pipeline("SELECT 1"), "Origin: https://app.example\r\n"))
            #expect(answer.status == 200 && answer.headers["access-control-allow-origin"] == "https://app.example")
        }
    }
}

/// Keys and tokens of a server that has credentials.
struct Tokens: Sendable {
    let keys: SigningKeys
    let authenticator: Authenticator
    private let verifier: TokenVerifier
    private let time: any TimeSource

    init(time: any TimeSource = SystemTime()) throws {
        var keys = SigningKeys()
        try keys.addSigning(SigningKeys.privateKeyText(seed: SystemRandom().bytes(32)))
        self.keys = keys
        self.time = time
        verifier = TokenVerifier(keys: keys, time: time)
        authenticator = Authenticator(
            admins: .none, verifier: verifier, throttle: AuthThrottle(time: time), credentialsConfigured: true)
    }

    /// From now on it is good for nothing.
    func revoke(_ token: String) throws {
        verifier.revoke(id: try verifier.verify(Substring(token)).tokenID ?? "")
    }

    static func authenticator() throws -> Authenticator { try Tokens().authenticator }

    func make(_ tenant: TenantID, _ key: String, _ level: AccessLevel) throws -> String {
        TenantTokens.make(
            for: tenant, key: try TenantKey(key), level: level, seconds: 60, keys: keys, now: time.wall(),
            random: SystemRandom())!.token
    }
}

/// The system's time, and two minutes later than that when told.
final class MovingTime: TimeSource {
    private let isLater = Atomic<Bool>(false)

    func forward() { isLater.store(true, ordering: .relaxed) }
    func back() { isLater.store(false, ordering: .relaxed) }
    func monotonic() -> Instant { SystemTime().monotonic() }

    func wall() -> WallTime {
        let now = SystemTime().wall()
        guard isLater.load(ordering: .relaxed) else { return now }
        return WallTime(milliseconds: now.milliseconds + 121_000)
    }
}
