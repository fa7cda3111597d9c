import Catalog
import Seams
import Synchronization
import Testing
import Vocabulary

/// Claimants, writers and sweepers in any order, each cut off anywhere: a value is nobody's or one tenant's, and a write that
/// was acknowledged under a claim never loses it.
@Suite struct ClaimSettlerTests {
    @Test(arguments: 0..<40) func `whatever is cut off, nothing is lost and nothing doubled`(_ seed: Int) async throws {
        let world = try await ClaimWorld(seed: UInt64(seed))
        for _ in 0..<120 { await world.step() }
        try await world.comeToRest()
        try await world.check()
    }

    @Test func `a tenant that cannot be reached keeps its claims`() async throws {
        let world = try await ClaimWorld(seed: 1, isRough: false)
        let claim = try #require(await world.reserve("x", for: 0))
        world.time.advance(seconds: 100)
        world.keeper.isReachable.withLock { $0 = false }
        #expect(try await world.settler.sweep(ownedBy: node("n1")) == 0)
        #expect(try await world.rows.find("slug", "x") == claim)
        #expect(await world.reserve("x", for: 1) == nil)
        world.keeper.isReachable.withLock { $0 = true }
        #expect(try await world.settler.sweep(ownedBy: node("n1")) == 1)
        #expect(await world.reserve("x", for: 1) != nil)
        // The late write of the first one does not count.
        #expect(!world.keeper.write(claim))
    }

    @Test func `a write whose claimant died is confirmed by the sweeper`() async throws {
        let world = try await ClaimWorld(seed: 1, isRough: false)
        let claim = try #require(await world.reserve("x", for: 0))
        #expect(world.keeper.write(claim))
        world.time.advance(seconds: 100)
        #expect(try await world.settler.sweep(ownedBy: node("n1")) == 1)
        #expect(try await world.rows.find("slug", "x")?.state == .confirmed)
        #expect(
            try await world.settler.confirm(claim) == .confirmed(try #require(try await world.rows.find("slug", "x"))))
    }

    @Test func `a claim without its write is not confirmed, and one that was released is worth nothing`() async throws {
        let world = try await ClaimWorld(seed: 1, isRough: false)
        let claim = try #require(await world.reserve("x", for: 0))
        #expect(try await world.settler.confirm(claim) == .notWritten)
        #expect(try await world.settler.release(claim))
        #expect(!world.keeper.write(claim))
        #expect(try await world.settler.confirm(claim) == .expired)
        #expect(try await !world.settler.release(claim))
    }
}

/// What the tenants know, with a network between that loses questions and answers.
final class FakeKeeper: ClaimKeeper {
    enum Mark { case held, refused }
    struct Lost: Error {}

    let marks = Mutex<[[UInt8]: Mark]>([:])
    let isReachable = Mutex(true)
    /// Runs in the middle of each call, after its effect.
    let between = Mutex<(@Sendable () async -> Void)?>(nil)
    let loses: @Sendable () -> Bool

    init(loses: @escaping @Sendable () -> Bool) { self.loses = loses }

    /// A write that carries the claim's token.
    func write(_ claim: ClaimRow) -> Bool {
        marks.withLock { marks in
            if marks[claim.token] == .refused { return false }
            marks[claim.token] = .held
            return true
        }
    }

    private func call<Value>(_ body: (inout [[UInt8]: Mark]) -> Value) async throws -> Value {
        guard isReachable.withLock({ $0 }), !loses() else { throw Lost() }
        let value = marks.withLock { body(&$0) }
        if let between = between.withLock({ $0 }) { await between() }
        if loses() { throw Lost() }
        return value
    }

    func settle(_ token: [UInt8], of tenant: TenantID) async throws -> Bool {
        try await call { marks in
            marks[token] = marks[token] ?? .refused
            return marks[token] == .held
        }
    }

    func isHeld(_ token: [UInt8], by tenant: TenantID) async throws -> Bool? {
        try await call { marks in
            switch marks[token] {
            case .held: true
            case .refused: nil
            case nil: false
            }
        }
    }

    func refuse(_ token: [UInt8], of tenant: TenantID) async throws {
        try await call { $0[token] = .refused }
    }
}

/// Whether the network still loses calls.
private final class Weather: Sendable {
    private let isRough = Mutex(true)
    private let random: SeededRandom

    init(_ random: SeededRandom) { self.random = random }

    func calm() { isRough.withLock { $0 = false } }
    func loses() -> Bool { isRough.withLock { $0 } && random.below(6) == 0 }
}

private final class ClaimWorld: Sendable {
    private struct State {
        /// Every reservation that was answered for.
        var claims: [ClaimRow] = []
        /// Tokens of writes that were acknowledged and not released since.
        var written: Set<[UInt8]> = []
        var next: UInt8 = 0
    }

    let time = ManualTime()
    let rows: ClaimRows
    let keeper: FakeKeeper
    let settler: ClaimSettler
    private let random: SeededRandom
    private let weather: Weather
    private let tenants: [TenantRow]
    private let state = Mutex(State())

    init(seed: UInt64, isRough: Bool = true) async throws {
        let random = SeededRandom(seed)
        let weather = Weather(random)
        if !isRough { weather.calm() }
        let conformance = try await CatalogConformance(SQLiteCatalogDriver(), dialect: .sqlite)
        _ = try await conformance.register(1)
        var tenants: [TenantRow] = []
        for name in ["a", "b", "c"] { tenants.append(try await conformance.ready(name)) }
        self.random = random
        self.weather = weather
        self.tenants = tenants
        keeper = FakeKeeper { weather.loses() }
        rows = ClaimRows(conformance.store)
        settler = ClaimSettler(store: conformance.store, keeper: keeper, time: time)
    }

    func reserve(_ value: String, for tenant: Int) async -> ClaimRow? {
        let token = state.withLock { state in
            state.next += 1
            return state.next
        }
        let now = time.wall()
        let expires = WallTime(milliseconds: now.milliseconds + 10_000)
        let outcome = try? await rows.reserve(
            "slug", value, for: tenants[tenant].id, token: [token], until: expires, at: now)
        guard case .reserved(let claim)? = outcome else { return nil }
        return claim
    }

    /// One thing that somebody does; others may come in its middle.
    func step(isNested: Bool = false) async {
        if !isNested {
            keeper.between.withLock { between in
                between = { [weak self] in
                    guard let self, self.random.below(3) == 0 else { return }
                    self.keeper.between.withLock { $0 = nil }
                    await self.step(isNested: true)
                }
            }
        }
        let claims = state.withLock { $0.claims }
        let claim = claims.isEmpty ? nil : claims[random.below(claims.count)]
        switch random.below(8) {
        case 0, 1:
            if let made = await reserve("v\(random.below(3))", for: random.below(3)) {
                state.withLock { $0.claims.append(made) }
            }
        case 2, 3:
            if let claim, keeper.write(claim) { state.withLock { _ = $0.written.insert(claim.token) } }
        case 4: if let claim { _ = try? await settler.confirm(claim) }
        case 5: if let claim, random.below(3) == 0 { await release(claim) }
        case 6: _ = try? await settler.sweep(ownedBy: node("n1"))
        default: time.advance(seconds: Double(random.below(8)))
        }
    }

    private func release(_ claim: ClaimRow) async {
        // From the moment that it is asked for, whoever released it has no use for it.
        state.withLock { _ = $0.written.remove(claim.token) }
        guard let row = try? await rows.find("slug", claim.value), row.token == claim.token else { return }
        _ = try? await settler.release(row)
        state.withLock { _ = $0.written.remove(claim.token) }
    }

    /// The network is well, and all time limits pass.
    func comeToRest() async throws {
        weather.calm()
        keeper.between.withLock { $0 = nil }
        time.advance(seconds: 1000)
        _ = try await settler.sweep(ownedBy: node("n1"))
    }

    func check() async throws {
        let (claims, written) = state.withLock { ($0.claims, $0.written) }
        let marks = keeper.marks.withLock { $0 }
        for value in ["v0", "v1", "v2"] {
            let held = claims.filter { $0.value == value && marks[$0.token] == .held }
            let row = try await rows.find("slug", value)
            // No two tenants have written under one value.
            #expect(held.count <= 1)
            // Whose write is there has the claim, and no claim is without its write but one whose release was cut off.
            if let holder = held.first { #expect(row?.token == holder.token && row?.state == .confirmed) }
            if held.isEmpty, let row { #expect(row.state == .confirmed && marks[row.token] == .refused) }
        }
        for token in written where marks[token] != .held {
            Issue.record("a write that was acknowledged has lost its claim")
        }
    }
}
