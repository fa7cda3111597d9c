import Access
import NIOCore
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import DataPlane

/// Users' sessions on WebSockets: read at the hello, looked at for each request, and ended within the bound.
struct SocketUserSessionTests {
    private typealias Client = SocketClient

    /// A catalog that says of every session what the test wants.
    private final class Book: SessionSource {
        private struct State {
            var answer: Result<SessionGrant?, AccessError> = .success(nil)
            var meanwhile: (@Sendable () -> Void)?
        }

        private let state = Mutex(State())

        func session(of digest: [UInt8]) async throws(AccessError) -> SessionGrant? {
            let (answer, meanwhile) = state.withLock { ($0.answer, $0.meanwhile) }
            meanwhile?()
            return try answer.get()
        }

        func say(_ answer: Result<SessionGrant?, AccessError>) { state.withLock { $0.answer = answer } }
        func meanwhile(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.meanwhile = body } }
    }

    private let book = Book()
    private let user = UserID(7)
    private let cache = SessionCache(capacity: 100, bound: 60_000_000_000, staleFor: 0, time: SystemTime())

    private var authenticator: Authenticator {
        Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: SystemTime()),
            throttle: AuthThrottle(time: SystemTime()), credentialsConfigured: true,
            sessions: .init(cache: cache, source: book))
    }

    private var token: String { SessionToken.make(random: SystemRandom()).token }

    private func admit(_ tenants: TenantID...) {
        book.say(
            .success(
                SessionGrant(
                    id: 1, user: user,
                    memberships: tenants.map { .init(tenant: $0, key: try! TenantKey("acme"), level: .write) },
                    expires: WallTime(milliseconds: .max), keep: .max)))
    }

    private func hello(_ token: String) -> String { #"{"type":"hello","jwt":"\#(token)"}"# }

    private func greet(_ client: SocketClient, _ token: String) async throws -> String {
        try await client.send(hello(token))
        let answer = try await client.answer()
        return answer["type"].string == "hello_ok" ? "ok" : answer["error"]["code"].string ?? ""
    }

    private func select(_ client: SocketClient) async throws -> String {
        _ = try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)
        let answer = try await client.call(2, Client.execute("SELECT 1", on: 1))
        _ = try await client.call(3, #"{"type":"close_stream","stream_id":1}"#)
        return answer["type"].string == "response_ok" ? "ok" : answer["error"]["code"].string ?? ""
    }

    @Test func `a session opens a WebSocket, and what ends the one ends the other's use`() async throws {
        admit(HranaHouse.tenant)
        try await HranaDoor.open(authenticator: authenticator, limits: .sockets) { door in
            let token = token
            let client = try await Client.open(door)
            #expect(try await greet(client, token) == "ok")
            #expect(try await select(client) == "ok")
            book.say(.failure(.tokenInvalid))
            #expect(try await select(client) == "ok", "what is remembered counts for the bound")
            cache.invalidate(user)
            #expect(try await select(client) == "AUTH_JWT_INVALID")
            #expect(try await select(client) == "AUTH_JWT_INVALID")
            #expect(try await greet(Client.open(door), token) == "AUTH_JWT_INVALID")
            let refused = try await door.ask(
                Client.handshake("/t/acme", headers: "Authorization: Bearer \(token)\r\n"))
            #expect(refused.status == 401)
        }
    }

    @Test func `a session that must be read first takes a place too`() async throws {
        admit(HranaHouse.tenant)
        try await HranaDoor.open(authenticator: authenticator, limits: .sockets, { $0.socket.perTenant = 1 }) { door in
            let first = try await Client.open(door)
            #expect(try await greet(first, token) == "ok")
            #expect(try await greet(Client.open(door), token) == "TOO_MANY_SOCKETS")
            #expect(door.service.sockets.count(of: HranaHouse.tenant) == 1)
        }
    }

    @Test func `a change between a session's reading and its welcome does not send it away`() async throws {
        admit(HranaHouse.tenant)
        book.meanwhile { [cache, user] in cache.invalidate(user) }
        try await HranaDoor.open(authenticator: authenticator, limits: .sockets) { door in
            let client = try await Client.open(door)
            #expect(try await greet(client, token) == "ok")
            #expect(try await select(client) == "ok")
        }
    }

    @Test func `a connection stays with the tenant that its session named`() async throws {
        admit(HranaHouse.tenant)
        try await HranaDoor.open(authenticator: authenticator, limits: .sockets) { door in
            let client = try await Client.open(door, "/")
            #expect(try await greet(client, token) == "ok")
            #expect(try await select(client) == "ok")
            // Its user leaves that tenant and becomes another's member.
            admit(TenantID(4711))
            cache.invalidate(user)
            #expect(try await select(client) == "FORBIDDEN", "read for the request")
            #expect(try await select(client) == "FORBIDDEN", "from memory")
            admit(HranaHouse.tenant)
            cache.invalidate(user)
            #expect(try await select(client) == "ok")
        }
    }

    @Test func `a cursor does not outlive the catalog's silence`() async throws {
        admit(HranaHouse.tenant)
        let cache = SessionCache(capacity: 100, bound: 100_000_000, staleFor: 0, time: SystemTime())
        let authenticator = Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: SystemTime()),
            throttle: AuthThrottle(time: SystemTime()), credentialsConfigured: true,
            sessions: .init(cache: cache, source: book))
        try await HranaDoor.open(
            authenticator: authenticator, limits: .sockets, { $0.socket.unread = .milliseconds(200) }
        ) { door in
            let client = try await Client.open(door)
            #expect(try await greet(client, token) == "ok")
            _ = try await client.call(1, #"{"type":"open_stream","stream_id":1}"#)
            let many =
                "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, 'row ' || i FROM n"
            _ = try await client.call(2, Client.cursor(many, on: 1, 1))
            let fetch = #"{"type":"fetch_cursor","cursor_id":1,"max_count":5}"#
            #expect(try await client.call(3, fetch)["response"]["entries"].count == 5)
            book.say(.failure(.catalogUnavailable))
            for _ in 0..<1000 where door.seen.alive > 0 { try await Task.sleep(for: .milliseconds(10)) }
            var last = JSON("")
            while last["response"]["done"].bool != true {
                last = try await client.call(4, fetch.replacing(":5", with: ":100000"))
            }
            let entries = last["response"]["entries"]
            #expect(entries[entries.count - 1]["error"]["code"].string == "CATALOG_UNAVAILABLE")
        }
    }
}
