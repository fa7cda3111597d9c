import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Access

@Suite struct SessionCacheTests {
    /// A catalog in which a test says what a session is, and that can be held up in the middle of an answer.
    final class Source: SessionSource {
        struct State {
            var answer: Result<SessionGrant?, AccessError> = .failure(.tokenInvalid)
            var reads = 0
            var meanwhile: (@Sendable () -> Void)?
        }

        let state = Mutex(State())

        func session(of digest: [UInt8]) async throws(AccessError) -> SessionGrant? {
            let (answer, meanwhile) = state.withLock { state in
                state.reads += 1
                return (state.answer, state.meanwhile)
            }
            meanwhile?()
            return try answer.get()
        }

        var reads: Int { state.withLock { $0.reads } }
        func say(_ answer: Result<SessionGrant?, AccessError>) { state.withLock { $0.answer = answer } }
    }

    let time = SetTime()
    let source = Source()
    let token = SessionToken.make(random: SystemRandom()).token
    let user = UserID(7)
    let cache: SessionCache
    let authenticator: Authenticator

    init() throws { try self.init(staleFor: 0) }

    private init(staleFor: UInt64) throws {
        cache = SessionCache(capacity: 100, bound: 2_000_000_000, staleFor: staleFor, time: time)
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

    private func refusal(of token: String) -> AccessError? {
        failure { () throws(AccessError) in
            try authenticator.authenticate(authorization: "Bearer " + token, from: "10.0.0.1")
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

    @Test func `what was refused once is refused without asking, and keeps nobody else out`() async throws {
        let other = SessionToken.make(random: SystemRandom()).token
        source.say(.success(grant(5)))
        _ = try await authenticator.readSession(authorization: "Bearer " + other, from: "10.0.0.1")
        source.say(.failure(.tokenInvalid))
        await #expect(throws: AccessError.tokenInvalid) { try await read() }
        #expect(source.reads == 2)
        for _ in 0..<100 { #expect(refusal == .tokenInvalid) }
        #expect(source.reads == 2)
        // Neither one that must be read again nor one that nobody has seen here.
        cache.invalidate(user)
        #expect(refusal(of: other) == .sessionUnread)
        #expect(refusal(of: SessionToken.make(random: SystemRandom()).token) == .sessionUnread)
    }

    @Test func `guesses are slowed down before anybody is asked, what was a session is not`() async throws {
        source.say(.success(grant(5)))
        try await read()
        source.say(.success(nil))
        for _ in 0..<AuthThrottle.burst {
            let guess = "Bearer " + SessionToken.make(random: SystemRandom()).token
            await #expect(throws: AccessError.tokenInvalid) {
                try await authenticator.readSession(authorization: guess, from: "10.0.0.1")
            }
        }
        guard case .rateLimited = refusal(of: SessionToken.make(random: SystemRandom()).token) else {
            Issue.record("not slowed down")
            return
        }
        #expect(refusal == nil)
        cache.invalidateAll()
        #expect(refusal == .sessionUnread)
    }

    @Test func `a wrong clock refuses for seconds, and what was missed is asked again`() async throws {
        source.say(.failure(.tokenExpired))
        await #expect(throws: AccessError.tokenExpired) { try await read() }
        #expect(refusal == .tokenExpired)
        time.pass(seconds: 6)
        #expect(refusal == .sessionUnread)
        source.say(.success(grant(5)))
        try await read()
        #expect(refusal == nil)
        source.say(.failure(.tokenInvalid))
        cache.invalidate(user)
        await #expect(throws: AccessError.tokenInvalid) { try await read() }
        time.pass(seconds: 3600)
        #expect(refusal == .tokenInvalid)
        cache.invalidateAll()
        #expect(refusal == .sessionUnread)
    }

    @Test func `a catalog's silence is borne for as long as was chosen, whatever its sessions' keep is`() async throws {
        let patient = try SessionCacheTests(staleFor: 3_600_000_000_000)
        let ends = WallTime(milliseconds: time.wall().milliseconds + 7_200_000)
        let grant = SessionGrant(id: 1, user: user, memberships: [], expires: ends, keep: 30_000_000_000)
        patient.source.say(.success(grant))
        try await patient.read()
        patient.source.say(.failure(.catalogUnavailable))
        patient.time.pass(seconds: 40)
        #expect(patient.refusal == .sessionUnread)
        try await patient.read()
        let reads = patient.source.reads
        // Not each request waits for the catalog's silence.
        #expect(patient.refusal == nil)
        patient.time.pass(seconds: 3500)
        #expect(patient.refusal == .sessionUnread)
        try await patient.read()
        #expect(patient.source.reads == reads + 1)
        // What changed before the silence does not count, and the silence has an end.
        patient.time.pass(seconds: 70)
        await #expect(throws: AccessError.catalogUnavailable) { try await patient.read() }
        patient.source.say(.success(grant))
        try await patient.read()
        patient.source.say(.failure(.catalogUnavailable))
        patient.cache.invalidate(user)
        await #expect(throws: AccessError.catalogUnavailable) { try await patient.read() }
        // The bound alone lets nobody in for longer than what it keeps.
        source.say(.success(self.grant(5, keep: 1)))
        try await read()
        source.say(.failure(.catalogUnavailable))
        await #expect(throws: AccessError.catalogUnavailable) { try await read() }
    }

    @Test func `requests of one session at once read it once, unless it changed in between`() async throws {
        let held = HeldSource(answer: grant(5))
        func reading() -> Task<Bool, Never> {
            Task { [cache, token] in (try? await cache.read(Substring(token), from: held)) != nil }
        }
        let first = (0..<50).map { _ in reading() }
        while held.reads == 0 { await Task.yield() }
        try await Task.sleep(for: .milliseconds(20))
        #expect(held.reads == 1)
        cache.invalidate(user)
        // Whoever comes after a change does not get what was read before it; nor after the bound.
        let second = reading()
        while held.reads == 1 { await Task.yield() }
        time.pass(seconds: 3)
        let third = reading()
        while held.reads == 2 { await Task.yield() }
        held.open()
        for task in first + [second, third] { #expect(await task.value) }
        #expect(held.reads == 3)
    }

    @Test func `a session of many tenants takes the room of many`() async throws {
        let small = SessionCache(capacity: 100, bound: 2_000_000_000, staleFor: 0, time: time)
        let large = SessionGrant(
            id: 1, user: user,
            memberships: (1...256).map { .init(tenant: TenantID($0), key: try! TenantKey("t"), level: .read) },
            expires: WallTime(milliseconds: .max), keep: .max)
        source.say(.success(large))
        for _ in 0..<100 {
            _ = try await small.read(Substring(SessionToken.make(random: SystemRandom()).token), from: source)
        }
        #expect(small.count <= 10)
    }

    @Test(arguments: ["rh_sess_", "rh_sess_short", "rh_sess_" + String(repeating: "x", count: 10_000)])
    func `what has not a session's length is none`(_ token: String) {
        let refused = failure { () throws(AccessError) in
            try authenticator.authenticate(authorization: "Bearer " + token, from: "10.0.0.1")
        }
        #expect(refused == .tokenInvalid)
    }
}

/// A catalog whose answers wait for the test.
private final class HeldSource: SessionSource {
    private let answer: SessionGrant
    private let count = Atomic<Int>(0)
    private let isOpen = Atomic<Bool>(false)

    init(answer: SessionGrant) { self.answer = answer }

    var reads: Int { count.load(ordering: .relaxed) }
    func open() { isOpen.store(true, ordering: .relaxed) }

    func session(of digest: [UInt8]) async throws(AccessError) -> SessionGrant? {
        count.wrappingAdd(1, ordering: .relaxed)
        while !isOpen.load(ordering: .relaxed) { await Task.yield() }
        return answer
    }
}
