import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Access

@Suite struct SessionCacheTests {
    /// A catalog in which a test says what a session is, and that can be held up in the middle of an answer.
    final class Source: SessionSource {
        struct State {
            var answer: Result<SessionGrant, AccessError> = .failure(.tokenInvalid)
            var reads = 0
            var meanwhile: (@Sendable () -> Void)?
        }

        let state = Mutex(State())

        func session(of digest: [UInt8]) async throws(AccessError) -> SessionGrant {
            let (answer, meanwhile) = state.withLock { state in
                state.reads += 1
                return (state.answer, state.meanwhile)
            }
            meanwhile?()
            return try answer.get()
        }

        var reads: Int { state.withLock { $0.reads } }
        func say(_ answer: Result<SessionGrant, AccessError>) { state.withLock { $0.answer = answer } }
    }

    let time = SetTime()
    let source = Source()
    let token = SessionToken.make(random: SystemRandom()).token
    let user = UserID(7)
    let cache: SessionCache
    let authenticator: Authenticator

    init() throws {
        cache = SessionCache(capacity: 100, bound: 2_000_000_000, staleFor: 0, time: time)
        let admin = AdminToken.make(name: "ops", scopes: [.admin], random: SystemRandom())
        let admins = try AdminTokens([AdminToken(name: "ops", sha256: admin.sha256, scopes: ["admin"])])
        authenticator = Authenticator(
            admins: admins, verifier: TokenVerifier(keys: SigningKeys(), time: time),
            throttle: AuthThrottle(time: time), sessions: .init(cache: cache, source: source))
        cache.heard(time.monotonic())
    }

    private func grant(_ tenants: UInt64..., level: AccessLevel = .write, keep: UInt64 = .max) -> SessionGrant {
        SessionGrant(
            id: 1, user: user,
            memberships: tenants.map { .init(tenant: TenantID($0), key: try! TenantKey("t\($0)"), level: level) },
            expires: WallTime(milliseconds: time.wall().milliseconds + 60_000), keep: keep)
    }

    private func enter() -> Result<Credential, AccessError> {
        do throws(AccessError) {
            return .success(try authenticator.authenticate(authorization: "Bearer " + token, from: "10.0.0.1"))
        } catch {
            return .failure(error)
        }
    }

    private var refusal: AccessError? {
        if case .failure(let error) = enter() { error } else { nil }
    }

    private func refusal(_ credential: Credential, _ target: TenantTarget) -> AccessError? {
        failure { () throws(AccessError) in try credential.authority(over: target) }
    }

    private func read() async throws {
        _ = try await authenticator.readSession(authorization: "Bearer " + token, from: "10.0.0.1")
    }

    @Test func `a session is read once and then remembered`() async throws {
        source.say(.success(grant(5)))
        #expect(refusal == .sessionUnread)
        try await read()
        let credential = try enter().get()
        #expect(try credential.authority(over: target("any", 5)).level == .write)
        #expect(refusal(credential, try target("t5", 6)) == .forbidden)
        #expect(refusal(credential, try target("t5")) == .forbidden)
        #expect(try credential.soleTenant() == .id(TenantID(5)))
        #expect(failure { () throws(AccessError) in try credential.require(.read) } == .forbidden)
        #expect(source.reads == 1)
    }

    @Test func `one of several tenants has to be named`() async throws {
        source.say(.success(grant(9, 3, 5)))
        try await read()
        let credential = try enter().get()
        #expect(failure { () throws(AccessError) in try credential.soleTenant() } == .tenantRequired)
        for id: UInt64 in [3, 5, 9] { #expect(try credential.authority(over: target("x", id)).level == .write) }
        #expect(refusal(credential, try target("x", 4)) == .forbidden)
    }

    @Test func `what changed counts at once, also for what was read before and comes in after`() async throws {
        source.say(.success(grant(5)))
        try await read()
        cache.invalidate(user)
        #expect(refusal == .sessionUnread)
        // The change comes while the answer is on its way.
        source.state.withLock { $0.meanwhile = { [cache, user] in cache.invalidate(user) } }
        try await read()
        #expect(refusal == .sessionUnread)
        source.state.withLock { $0.meanwhile = nil }
        try await read()
        #expect(refusal == nil)
        cache.invalidate(UserID(8))
        #expect(refusal == nil)
        cache.invalidateAll()
        #expect(refusal == .sessionUnread)
    }

    @Test func `without word from the catalog nothing that is remembered counts`() async throws {
        source.say(.success(grant(5)))
        try await read()
        time.pass(seconds: 2)
        #expect(refusal == nil)
        time.pass(seconds: 1)
        #expect(refusal == .sessionUnread)
        // A look that comes through is word enough for the session that it is about.
        try await read()
        #expect(refusal == nil)
        time.pass(seconds: 3)
        #expect(refusal == .sessionUnread)
        cache.heard(time.monotonic())
        #expect(refusal == nil)
        source.say(.failure(.catalogUnavailable))
        time.pass(seconds: 3)
        await #expect(throws: AccessError.catalogUnavailable) { try await read() }
        #expect(refusal == .sessionUnread)
    }

    @Test func `it is looked at again when its time or its end has come`() async throws {
        source.say(.success(grant(5, keep: 10_000_000_000)))
        try await read()
        time.pass(seconds: 11)
        cache.heard(time.monotonic())
        #expect(refusal == .sessionUnread)
        source.say(.success(grant(5)))
        try await read()
        time.pass(seconds: 61)
        cache.heard(time.monotonic())
        #expect(refusal == .sessionUnread)
    }

    @Test func `what was refused once is refused without asking`() async throws {
        source.say(.failure(.tokenInvalid))
        await #expect(throws: AccessError.tokenInvalid) { try await read() }
        #expect(refusal == .tokenInvalid)
        #expect(source.reads == 1)
        // And guesses are slowed down, before anybody is asked.
        for _ in 0..<20 { _ = refusal }
        let other = SessionToken.make(random: SystemRandom()).token
        let slowed = failure { () throws(AccessError) in
            try authenticator.authenticate(authorization: "Bearer " + other, from: "10.0.0.1")
        }
        guard case .rateLimited = slowed else {
            Issue.record("\(String(describing: slowed))")
            return
        }
    }

    @Test(arguments: ["rh_sess_", "rh_sess_short", "rh_sess_" + String(repeating: "x", count: 10_000)])
    func `what has not a session's length is none`(_ token: String) {
        let refused = failure { () throws(AccessError) in
            try authenticator.authenticate(authorization: "Bearer " + token, from: "10.0.0.1")
        }
        #expect(refused == .tokenInvalid)
    }
}
