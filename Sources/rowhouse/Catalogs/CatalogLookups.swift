import Access
import Accounts
import Benchmarks
import Catalog
import Routing
import Seams
import Vocabulary

/// The look-ups that requests cost: from the catalog, or from the cache before it.
struct CatalogLookups {
    let driver: any CatalogDriver
    let tenants: Int
    let users: Int
    let loop: CatalogLoop

    /// Keys and tokens that are asked for again and again from a cache.
    private static let known = 1_000
    private static let time = SystemTime()

    private var store: CatalogStore {
        CatalogStore(driver: driver, random: SystemRandom(), sleep: NodeParts.sleep)
    }

    private var resolver: RouteResolver {
        RouteResolver(cache: PlacementCache(), tenants: TenantRows(store), time: Self.time)
    }

    // MARK: Where a tenant is

    /// - Throws: `RoutingError`; `BenchmarkError`.
    func places(inFlight: Int) async throws -> Measurement {
        let resolver = resolver
        let tenants = tenants
        return try await loop.run(inFlight: inFlight) { dice in
            guard try await resolver.read(CatalogFilling.key(dice.next(below: tenants))) != nil else {
                throw BenchmarkError.child("a tenant is missing")
            }
        }
    }

    func cachedPlaces() async throws -> Measurement {
        let resolver = resolver
        let keys = (0..<min(Self.known, tenants)).map { CatalogFilling.key($0) }
        for key in keys { _ = try await resolver.resolve(key) }
        return try loop.runQuick { dice in
            guard case .hit = resolver.cached(keys[dice.next(below: keys.count)]) else {
                throw BenchmarkError.child("the cache has forgotten a tenant")
            }
        }
    }

    // MARK: Whose session it is

    /// - Throws: `AccessError`, `CatalogError`; `BenchmarkError`.
    func sessions(inFlight: Int) async throws -> Measurement {
        let source = CatalogSessions(store: store, time: Self.time)
        let users = users
        return try await loop.run(inFlight: inFlight) { dice in
            _ = try await source.session(of: UserFilling.digest(dice.next(below: users)))
        }
    }

    /// As a router does for a request: from the header to what it allows.
    func cachedSessions() async throws -> Measurement {
        let cache = SessionCache(capacity: 200_000, bound: 3_600_000_000_000, staleFor: 0, time: Self.time)
        let authenticator = Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: Self.time),
            throttle: AuthThrottle(time: Self.time), credentialsConfigured: true,
            sessions: .init(cache: cache, source: CatalogSessions(store: store, time: Self.time)))
        let headers = (0..<min(Self.known, users)).map { "Bearer " + UserFilling.token($0) }
        for header in headers { _ = try await authenticator.readSession(authorization: header, from: nil) }
        cache.heard(Self.time.monotonic())
        return try loop.runQuick { dice in
            _ = try authenticator.authenticate(
                authorization: headers[dice.next(below: headers.count)], from: "10.0.0.1")
        }
    }

    // MARK: Whose email it is

    func emails(inFlight: Int) async throws -> Measurement {
        let rows = UserRows(store)
        let users = users
        return try await loop.run(inFlight: inFlight) { dice in
            guard try await rows.find(normal: UserFilling.email(dice.next(below: users))) != nil else {
                throw BenchmarkError.child("a user is missing")
            }
        }
    }

    /// Creators of one email at once, race after race, until the time is over; a latency is a race's until all know.
    func races(contenders: Int) async throws -> Measurement {
        let rows = UserRows(store)
        return try await loop.run(inFlight: 1) { dice in
            let email = "racer\(dice.next())@example.com"
            let winners = try await Self.winners(of: email, rows, contenders)
            guard winners == 1 else { throw BenchmarkError.child("\(winners) creators got one email") }
        }
    }

    private static func winners(of email: String, _ rows: UserRows, _ contenders: Int) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<contenders {
                group.addTask {
                    let made = try await rows.create(
                        CatalogEmail(given: email, normal: email, rule: EmailAddress.rule), at: time.wall())
                    if case .created = made { return true }
                    return false
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }
}
