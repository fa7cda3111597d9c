import Access
import Accounts
import Catalog
import FoundationEssentials
import Residents
import Routing
import Seams
import Synchronization
import Tenants
import Testing
import Vocabulary

@testable import ControlPlane

/// Sign-ups over a real engine and catalog, and what becomes of the files of those that come to nothing.
struct SignUpServiceTests {
    /// The other node, as a test wants it.
    private final class Other: Peers {
        let creating: @Sendable (TenantID) async throws(PeerFailure) -> Void
        private let dropped = Mutex<[TenantID]>([])

        init(_ creating: @escaping @Sendable (TenantID) async throws(PeerFailure) -> Void) { self.creating = creating }

        var purged: [TenantID] { dropped.withLock { $0 } }

        func finishCreating(_ tenant: TenantID, at address: String) async throws(PeerFailure) {
            try await creating(tenant)
        }

        func purge(_ tenant: TenantID, at address: String) async throws(PeerFailure) {
            dropped.withLock { $0.append(tenant) }
        }
    }

    private let cache = SessionCache(capacity: 10, bound: 60_000_000_000, staleFor: 0, time: SystemTime())

    private func service(_ house: NodeHouse, _ peers: any Peers, open: OpenSignUp? = nil) -> SignUpService {
        let (time, random) = (SystemTime(), SystemRandom())
        let passwords = Passwords(pool: PasswordPool(), logRounds: 10, random: random)
        let tenants = TenantService(
            store: house.store, residents: house.residents, peers: peers, cache: PlacementCache(), time: time
        ) { _ in "default" }
        let open = open ?? Self.open(node: 100)
        return SignUpService(
            rows: SignUpRows(house.store),
            users: UserService(store: house.store, passwords: passwords, cache: cache, time: time), tenants: tenants,
            signIn: SignIn(
                store: house.store, passwords: passwords, throttle: AuthThrottle(time: time),
                lifetimes: .init(longest: 60_000, idle: nil), notes: AccessNotes(time: time), time: time,
                random: random), open: open)
    }

    private static func open(node: Int, schemas: [String] = ["default"]) -> OpenSignUp {
        OpenSignUp(
            throttle: AuthThrottle(time: SystemTime()),
            creations: CreationLimit(perCaller: 100, perNode: node, time: SystemTime()), schemas: schemas, keys: "my-*",
            takes: { $0.string.hasPrefix("my-") })
    }

    private func wanted(
        _ email: String, _ key: String, password: String? = nil, isAnonymous: Bool = false, repeatKey: String? = nil
    ) throws -> SignUpService.Wanted {
        SignUpService.Wanted(
            email: try EmailAddress(email), password: password, key: try TenantKey(key), schema: nil, device: "",
            origin: "10.0.0.1", limitsAddress: isAnonymous, isAnonymous: isAnonymous, repeatKey: repeatKey,
            caller: "ops")
    }

    /// A key whose tenant that node gets.
    private func key(of node: String, _ service: SignUpService) async throws -> String {
        for number in 0..<100 {
            let key = "my-\(number)"
            if try await service.tenants.owner(of: NewTenant(key: try TenantKey(key))).name == node { return key }
        }
        throw CatalogError.damaged("no key")
    }

    private func code(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return ""
        } catch {
            return ErrorTable.api(any: error).code
        }
    }

    @Test func `a sign-up that is taken back while its file is made begins anew, and its file is dropped`() async throws
    {
        let house = try await NodeHouse()
        let first = Mutex<TenantID?>(nil)
        let other = Other { tenant throws(PeerFailure) in
            let isFirst = first.withLock { first in
                defer { first = first ?? tenant }
                return first == nil
            }
            guard isFirst else { return }
            // The sweeper of another node comes before the file is there.
            let rows = SignUpRows(house.store)
            let late = WallTime(milliseconds: SystemTime().wall().milliseconds + 3_600_000)
            let open = (try? await rows.overdue(.tenant(tenant), at: late).first) ?? nil
            guard let open, (try? await rows.undo(open, ifOverdue: false, at: late)) == true else { return }
            throw .refused(status: 404, code: "tenant_not_found", message: "")
        }
        let service = service(house, other)
        let key = try await key(of: "n2", service)
        let done = try await service.run(try wanted("ann@x.org", key))
        let lost = try #require(first.withLock { $0 })
        #expect(done.tenant.id != lost && other.purged == [lost])
        try house.stop()
    }

    @Test func `a file that was made too late, or that nobody could have dropped, goes all the same`() async throws {
        let house = try await NodeHouse()
        let rows = SignUpRows(house.store)
        let now = SystemTime().wall()
        func reserve(_ name: String) async throws -> (SignUpRow, TenantRow) {
            let email = try EmailAddress(name + "@x.org").forCatalog
            let new = NewSignUp(
                email: email, password: nil, tenant: NewTenant(key: try TenantKey(name)), repeatKey: nil, request: [1])
            guard case .reserved(let row, let tenant) = try await rows.reserve(new, on: NodeHouse.id, at: now) else {
                throw CatalogError.damaged("not reserved")
            }
            return (row, tenant)
        }
        // Taken back before the file is there, by somebody who finds none.
        let (late, slow) = try await reserve("slow")
        #expect(try await rows.undo(late, ifOverdue: false, at: now))
        #expect(try await house.residents.discard(slow.id))
        await #expect(throws: ResidentsError.self) { try await house.residents.finishCreating(slow) }
        #expect(house.engine.facts(of: slow.id) == nil)
        // Taken back by a node that dies before it can say so.
        let (dead, left) = try await reserve("left")
        _ = try await house.residents.finishCreating(left)
        #expect(try await rows.undo(dead, ifOverdue: false, at: now))
        #expect(house.engine.facts(of: left.id) != nil)
        // Given to another node because this one is slow.
        let (moved, given) = try await reserve("given")
        _ = try await house.residents.finishCreating(given)
        let away = try #require(try await TenantRows(house.store).reassign(given, to: NodeID("n2")!, at: now))
        #expect(away.placement.owner.name == "n2")
        // One that is under way, and one that is done, stay.
        let (_, open) = try await reserve("open")
        _ = try await house.residents.finishCreating(open)
        #expect(try await house.residents.clearLeftovers() == 3)
        #expect(house.engine.facts(of: left.id) == nil && house.engine.facts(of: given.id) == nil)
        #expect(house.engine.facts(of: open.id) != nil)
        // Given back, it is made anew.
        let back = try #require(try await TenantRows(house.store).reassign(away, to: NodeHouse.id, at: now))
        _ = try await house.residents.finishCreating(back)
        _ = try await house.residents.clearLeftovers()
        #expect(house.engine.facts(of: given.id)?.epoch == Epoch(3))
        #expect(try await rows.undo(moved, ifOverdue: false, at: now))
        _ = try await house.residents.clearLeftovers()
        #expect(house.engine.facts(of: given.id) == nil)
        try house.stop()
    }

    @Test func `who signs up on its own has a password, a key and a schema that are offered, and is counted`()
        async throws
    {
        let house = try await NodeHouse()
        let other = Other { (_: TenantID) async throws(PeerFailure) -> Void in }
        let service = service(house, other, open: Self.open(node: 1))
        let refusals = [
            try wanted("ann@x.org", "my-a", isAnonymous: true),
            try wanted("ann@x.org", "theirs", password: "correct horse", isAnonymous: true),
        ]
        var codes: [String] = []
        for one in refusals { codes.append(await code { _ = try await service.run(one) }) }
        #expect(codes == ["password_invalid", "forbidden"])
        let schemas = self.service(house, other, open: Self.open(node: 1, schemas: ["shops"]))
        let ann = try wanted("ann@x.org", "my-a", password: "correct horse", isAnonymous: true)
        #expect(await code { _ = try await schemas.run(ann) } == "forbidden")
        _ = try await service.run(ann)
        let bob = try wanted("bob@x.org", "my-b", password: "correct horse", isAnonymous: true)
        #expect(await code { _ = try await service.run(bob) } == "rate_limited")
        // An operator's application is not.
        _ = try await service.run(try wanted("bob@x.org", "theirs"))
        try house.stop()
    }

    @Test func `what may end a session is known to this node before it is answered`() async throws {
        let house = try await NodeHouse()
        let other = Other { (_: TenantID) async throws(PeerFailure) -> Void in }
        let service = service(house, other)
        let key = try TenantKey(try await key(of: NodeHouse.id.name, service))
        let done = try await service.run(try wanted("ann@x.org", key.string, password: "correct horse"))
        let user = done.session.user
        let authenticator = Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: SystemTime()),
            throttle: AuthThrottle(time: SystemTime()), credentialsConfigured: true,
            sessions: .init(cache: cache, source: CatalogSessions(store: house.store, time: SystemTime())))
        func patch(_ text: String) async throws {
            let body = try JSONDecoder().decode(UserPatchBody.self, from: Data(text.utf8))
            _ = try await service.users.change(user, body, isRehearsal: false)
        }
        let changes: [(name: String, isEnd: Bool, make: () async throws -> Void)] = [
            ("a role", false, { try await service.users.put(user, key, .ro, isRehearsal: false) }),
            ("a membership", false, { try await service.users.remove(user, key) }),
            (
                "a password, sparing sessions", false,
                { try await patch(#"{"password":"other horse","endSessions":false}"#) }
            ),
            ("a password", true, { try await patch(#"{"password":"third horse"}"#) }),
            ("all sessions", true, { _ = try await service.users.revokeAll(of: user) }),
            (
                "one session", true,
                {
                    for one in try await service.users.sessions.list(of: user) where one.revoked == nil {
                        try await service.users.revoke(one.id)
                    }
                }
            ),
            ("disabling", true, { try await patch(#"{"state":"disabled"}"#) }),
            ("deleting", true, { try await service.users.delete(user) }),
        ]
        for (name, isEnd, make) in changes {
            try await patch(#"{"state":"active"}"#)
            let begun = try await service.signIn.begin(user, .init())
            let header = "Bearer " + (try #require(begun).token)
            _ = try await authenticator.readSession(authorization: header, from: nil)
            _ = try authenticator.authenticate(authorization: header, from: "local")
            try await make()
            #expect(throws: AccessError.sessionUnread, "\(name)") {
                try authenticator.authenticate(authorization: header, from: "local")
            }
            let goesOn = (try? await authenticator.readSession(authorization: header, from: nil)) != nil
            #expect(goesOn != isEnd, "\(name)")
        }
        #expect(try await service.users.rows.rehearseCreate(EmailAddress("ann@x.org").forCatalog) == nil)
        try house.stop()
    }
}
