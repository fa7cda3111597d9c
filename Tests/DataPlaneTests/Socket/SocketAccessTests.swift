import Access
import Catalog
import NIOCore
import Synchronization
import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// Who may speak on a WebSocket, and about what.
struct SocketAccessTests {
    private typealias Client = SocketClient

    private func hello(_ token: String?) -> String {
        #"{"type":"hello","jwt":\#(token.map { "\"\($0)\"" } ?? "null")}"#
    }

    /// What a hello is answered with: `ok`, or the error's code and the close code.
    private func greeting(
        _ door: HranaDoor, _ path: String, _ token: String?, headers: String = ""
    ) async throws -> String {
        let client = try await Client.open(door, path, headers: headers)
        try await client.send(hello(token))
        let answer = try await client.answer()
        if answer["type"].string == "hello_ok" { return "ok" }
        guard case .close(let code, _) = try await client.next() else { return "no close" }
        return "\(answer["error"]["code"].string ?? "") \(code)"
    }

    @Test func `a token comes in the hello or in the handshake, and must be good for the tenant`() async throws {
        let tokens = try Tokens()
        let good = try tokens.make(HranaHouse.tenant, "acme", .write)
        let other = try tokens.make(TenantID(99), "else", .write)
        try await HranaDoor.open(authenticator: tokens.authenticator, limits: .sockets) { door in
            #expect(try await greeting(door, "/t/acme", good) == "ok")
            #expect(try await greeting(door, "/t/acme", nil, headers: "Authorization: Bearer \(good)\r\n") == "ok")
            #expect(try await greeting(door, "/t/slow", good) == "ok", "found in the catalog")
            #expect(try await greeting(door, "/t/acme", nil) == "AUTH_HEADER_NOT_FOUND 1008")
            #expect(try await greeting(door, "/t/acme", "nonsense") == "AUTH_JWT_INVALID 1008")
            #expect(try await greeting(door, "/t/acme", other) == "FORBIDDEN 1008")
            #expect(try await greeting(door, "/t/nobody", good) == "FORBIDDEN 1008", "whether it exists or not")
            #expect(
                try await greeting(door, "/t/acme", good, headers: "Authorization: Bearer \(other)\r\n") == "ok",
                "the hello's counts")
            let refused = try await door.ask(Client.handshake("/t/acme", headers: "Authorization: Bearer x\r\n"))
            #expect(refused.status == 401)
        }
        try await HranaDoor.open(limits: .sockets) { (door: HranaDoor) async throws -> Void in
            #expect(try await greeting(door, "/t/nobody", nil) == "TENANT_NOT_FOUND 1008")
            #expect(try await greeting(door, "/t/broken", nil) == "CATALOG_UNAVAILABLE 1008")
            door.directory.state.withLock { $0 = .blocked }
            #expect(try await greeting(door, "/t/acme", nil) == "FORBIDDEN 1008")
        }
    }

    @Test func `a tenant has so many WebSockets on a node, and a place is free with the end of one`() async throws {
        try await HranaDoor.open(limits: .sockets, { $0.socket.perTenant = 2 }) { door in
            let first = try await Client.open(door, "/t/acme")
            let second = try await Client.open(door, "/t/acme")
            for client in [first, second, first] {
                try await client.send(hello(nil))
                #expect(try await client.answer()["type"].string == "hello_ok")
            }
            #expect(try await greeting(door, "/t/acme", nil) == "TOO_MANY_SOCKETS 1008")
            try await second.close()
            for _ in 0..<500 where door.service.sockets.count(of: HranaHouse.tenant) > 1 {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await greeting(door, "/t/acme", nil) == "ok")
        }
    }

    @Test func `rights count for each request, and a later hello changes them`() async throws {
        let tokens = try Tokens()
        let reader = try tokens.make(HranaHouse.tenant, "acme", .read)
        let writer = try tokens.make(HranaHouse.tenant, "acme", .write)
        try await HranaDoor.open(authenticator: tokens.authenticator, limits: .sockets) { door in
            let client = try await Client.open(door)
            try await client.send(hello(reader))
            #expect(try await client.answer()["type"].string == "hello_ok")
            _ = try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)
            let insert = Client.execute("INSERT INTO t(v) VALUES (1)", on: 1)
            #expect(try await client.call(2, insert)["error"]["code"].string == "FORBIDDEN")
            #expect(
                try await client.call(3, Client.execute("SELECT 1", on: 1))["error"]["code"].string == "STREAM_NOT_OPEN"
            )
            _ = try await client.call(4, #"{"type":"close_stream","stream_id":1}"#)
            _ = try await client.call(5, #"{"type":"open_stream","stream_id":1}"#)
            _ = try await client.call(6, Client.execute("BEGIN", on: 1))
            // In the middle of a transaction that the other token began.
            try await client.send(hello(writer))
            #expect(try await client.answer()["type"].string == "hello_ok")
            #expect(try await client.call(7, insert)["type"].string == "response_ok")
            #expect(try await client.call(8, Client.execute("COMMIT", on: 1))["type"].string == "response_ok")
            try await client.send(hello("nonsense"))
            #expect(try await client.answer()["error"]["code"].string == "AUTH_JWT_INVALID")
            #expect(try await client.next() == .close(1008, "The hello was refused"))
        }
    }

    @Test(arguments: ["revoked", "expired"])
    func `a token that is no longer good holds no lock, and is no guess`(how: String) async throws {
        let clock = MovingTime()
        let tokens = try Tokens(time: clock)
        let token = try tokens.make(HranaHouse.tenant, "acme", .write)
        let house = try await HranaHouse { settings, _ in settings.transactionIdle = 300_000_000_000 }
        try await HranaDoor.open(house: house, authenticator: tokens.authenticator, limits: .sockets) { door in
            func insert() async throws -> String {
                let fresh = try tokens.make(HranaHouse.tenant, "acme", .write)
                let headers = "Authorization: Bearer \(fresh)\r\nRowhouse-Timeout: 5000\r\n"
                let body = HranaDoor.pipeline("INSERT INTO t(v) VALUES (1)")
                let answer = try await door.ask(post("/t/acme/v3/pipeline", body, headers))
                return "\(answer.status) \(answer.body)"
            }
            for asksAgain in [false, true] {
                clock.back()
                let token = asksAgain ? try tokens.make(HranaHouse.tenant, "acme", .write) : token
                let client = try await Client.open(door)
                try await client.send(hello(token))
                #expect(try await client.answer()["type"].string == "hello_ok")
                for stream in 1...30 {
                    _ = try await client.call(1, #"{"type":"open_stream","stream_id":\#(stream)}"#)
                    _ = try await client.call(2, Client.execute("SELECT 1", on: stream))
                }
                _ = try await client.call(3, Client.execute("BEGIN IMMEDIATE", on: 1))
                _ = try await client.call(4, Client.execute("INSERT INTO t(v) VALUES (1)", on: 1))
                if how == "revoked" { try tokens.revoke(token) } else { clock.forward() }
                if asksAgain {
                    let refused = try await client.call(5, Client.execute("SELECT 1", on: 1))
                    #expect(
                        refused["error"]["code"].string == (how == "revoked" ? "AUTH_JWT_INVALID" : "AUTH_JWT_EXPIRED"))
                } else {
                    try await client.close()
                }
                let answer = try await insert()
                #expect(answer.hasPrefix("200 ") && !answer.contains(#""error""#), "the lock is free: \(answer)")
                // A stranger's bad token is still a guess, and not one too many.
                #expect(try await greeting(door, "/t/acme", "nonsense\(asksAgain)") == "AUTH_JWT_INVALID 1008")
            }
        }
    }

    @Test func `a cursor is not read for longer than its token is good`() async throws {
        let tokens = try Tokens()
        let token = try tokens.make(HranaHouse.tenant, "acme", .read)
        try await HranaDoor.open(authenticator: tokens.authenticator, limits: .sockets) { door in
            let client = try await Client.open(door)
            try await client.send(hello(token))
            #expect(try await client.answer()["type"].string == "hello_ok")
            _ = try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)
            let many =
                "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, 'row ' || i FROM n"
            _ = try await client.call(2, Client.cursor(many, on: 1, 1))
            let fetch = #"{"type":"fetch_cursor","cursor_id":1,"max_count":5}"#
            #expect(try await client.call(3, fetch)["response"]["entries"].count == 5)
            try tokens.revoke(token)
            for _ in 0..<500 where door.seen.alive > 0 { try await Task.sleep(for: .milliseconds(10)) }
            var rows = 0
            var last = JSON("")
            while last["response"]["done"].bool != true {
                last = try await client.call(4, fetch.replacing(":5", with: ":100000"))
                rows += max(0, last["response"]["entries"].count)
            }
            let entries = last["response"]["entries"]
            #expect(entries[entries.count - 1]["error"]["code"].string == "AUTH_JWT_INVALID" && rows < 300_000)
        }
    }

    @Test func `a connection whose tokens name its tenant has the same one for good`() async throws {
        let tokens = try Tokens()
        let good = try tokens.make(HranaHouse.tenant, "acme", .write)
        let again = try tokens.make(HranaHouse.tenant, "acme", .read)
        let other = try tokens.make(TenantID(99), "else", .write)
        try await HranaDoor.open(authenticator: tokens.authenticator, limits: .sockets) { door in
            let client = try await Client.open(door, "/")
            for token in [good, again] {
                try await client.send(hello(token))
                #expect(try await client.answer()["type"].string == "hello_ok")
            }
            try await client.send(hello(other))
            #expect(try await client.answer()["error"]["code"].string == "FORBIDDEN")
        }
    }

    @Test func `Protocol Buffers go in binary frames`() async throws {
        try await HranaDoor.open(limits: .sockets) { door in
            let client = try await Client.open(door, offer: "hrana3-protobuf")
            try await client.send(Client.frame(2, [0x0A, 0x00]))
            #expect(try await client.next() == .binary([0x0A, 0x00]))
            // Request 1: open stream 1. Request 2: SELECT 'é' on it.
            try await client.send(Client.frame(2, [0x12, 0x06, 0x08, 0x01, 0x12, 0x02, 0x08, 0x01]))
            #expect(try await client.next() == .binary([0x1A, 0x04, 0x08, 0x01, 0x12, 0x00]))
            let sql = Array("SELECT 'é'".utf8)
            let statement = [0x0A, UInt8(sql.count)] + sql
            let execute = [0x08, 0x01, 0x12, UInt8(statement.count)] + statement
            let request = [0x08, 0x02, 0x22, UInt8(execute.count)] + execute
            try await client.send(Client.frame(2, [0x12, UInt8(request.count)] + request))
            let seen = try await client.next()
            guard case .binary(let answer) = seen else { throw Client.Failure.unexpected(seen) }
            #expect(answer.starts(with: [0x1A]) && answer[2...].starts(with: [0x08, 0x02, 0x22]))
            #expect(answer.indices.contains { answer[$0...].starts(with: [0x22, 0x02] + Array("é".utf8)) })
            try await client.send(Client.frame(1, [0x0A, 0x00]))
            #expect(try await client.next() == .close(1003, "Messages of this subprotocol are binary"))
        }
    }
}
