import Catalog
import Seams
import Synchronization
import Testing
import Vocabulary

@testable import Routing

/// A catalog with two nodes, and a router's parts over it.
struct RoutingFixture {
    let network = FaultyDriver(SQLiteCatalogDriver())
    let tenants: TenantRows
    let placements: PlacementRows
    let log: ChangeLog
    let time = ManualTime()
    let cache: PlacementCache
    let resolver: RouteResolver

    init(_ bounds: PlacementCache.Bounds = .init()) async throws {
        let store = CatalogStore.over(network)
        tenants = TenantRows(store)
        placements = PlacementRows(store)
        log = ChangeLog(store)
        cache = PlacementCache(bounds)
        resolver = RouteResolver(cache: cache, tenants: tenants, time: time)
        try await CatalogSchema.migrate(network, dialect: .sqlite, at: .hours(0))
        for name in ["n1", "n2"] {
            _ = try await NodeRows(store).register(.init(id: node(name), address: ""), at: .hours(0))
        }
    }

    @discardableResult
    func make(_ name: String) async throws -> TenantRow {
        guard case .created(let row) = try await tenants.create(.init(key: key(name)), on: node("n1"), at: .hours(0))
        else { throw ConformanceFailure(what: "\(name) was not created") }
        return try #require(
            try await tenants.markReady(
                row.id, by: row.placement.owner, epoch: .first, at: .hours(0)))
    }
}

func route(_ name: String, tenant: UInt64, version: UInt64 = 1, epoch: UInt64 = 1) async throws -> Route {
    let fixture = try await RoutingFixture()
    var route = Route(try await fixture.make(name))
    route.tenant = TenantID(tenant)
    route.placement = Placement(
        tenant: route.tenant, owner: node("n1"), epoch: Epoch(epoch), version: version)
    return route
}

@Suite struct PlacementCacheTests {
    @Test func `it stays within its bounds and keeps what is used`() async throws {
        var bounds = PlacementCache.Bounds()
        bounds.routes = 160
        bounds.absent = 32
        let cache = PlacementCache(bounds)
        var sample = try await route("hot", tenant: 1000)
        cache.finish(cache.beginFill(key("hot")), key("hot"), sample, at: .seconds(0))
        for number in 0..<5000 {
            sample.key = key("k\(number)")
            sample.tenant = TenantID(UInt64(2000 + number))
            sample.placement.tenant = sample.tenant
            cache.finish(cache.beginFill(sample.key), sample.key, sample, at: .seconds(0))
            cache.finish(cache.beginFill(key("no\(number)")), key("no\(number)"), nil, at: .seconds(0))
            guard case .hit = cache.lookUp(key("hot"), at: .seconds(0)) else {
                Issue.record("the one that is used was evicted after \(number)")
                return
            }
        }
        #expect(cache.count <= 192)
        #expect(cache.count >= 150)
    }

    @Test func `absent keys are believed for a moment, old routes are read again`() async throws {
        let cache = PlacementCache()
        cache.finish(cache.beginFill(key("a")), key("a"), nil, at: .seconds(10))
        #expect(cache.lookUp(key("a"), at: .seconds(10.9)) == .absent)
        #expect(cache.lookUp(key("a"), at: .seconds(11)) == .miss)
        let sample = try await route("b", tenant: 1000)
        cache.finish(cache.beginFill(key("b")), key("b"), sample, at: .seconds(10))
        #expect(cache.lookUp(key("b"), at: .seconds(3609)) == .hit(sample))
        #expect(cache.lookUp(key("b"), at: .seconds(3610)) == .stale(sample))
    }

    @Test func `a read that a change overtook is not kept`() async throws {
        let cache = PlacementCache()
        let sample = try await route("a", tenant: 1000)
        let change = CatalogChange(seq: 1, tenant: sample.tenant, key: key("a"), kind: .placement)
        for event in [ChangeEvent.changed(change), .forget(bucket: 0), .forgetAll] {
            let fill = cache.beginFill(key("a"))
            cache.apply(event)
            cache.finish(fill, key("a"), sample, at: .seconds(0))
            #expect(cache.lookUp(key("a"), at: .seconds(0)) == .miss)
        }
    }

    @Test func `a change forgets the tenant under its old key and frees its new one`() async throws {
        let cache = PlacementCache()
        let sample = try await route("old", tenant: 1000)
        cache.finish(cache.beginFill(key("old")), key("old"), sample, at: .seconds(0))
        cache.finish(cache.beginFill(key("new")), key("new"), nil, at: .seconds(0))
        cache.apply(.changed(CatalogChange(seq: 1, tenant: sample.tenant, key: key("new"), kind: .tokens)))
        #expect(cache.lookUp(key("old"), at: .seconds(0)) == .hit(sample))
        cache.apply(.changed(CatalogChange(seq: 1, tenant: sample.tenant, key: key("new"), kind: .tenant)))
        #expect(cache.lookUp(key("old"), at: .seconds(0)) == .miss)
        #expect(cache.lookUp(key("new"), at: .seconds(0)) == .miss)
    }

    @Test func `a missed counter forgets its tenants only`() async throws {
        let cache = PlacementCache()
        let sample = try await route("a", tenant: 64_000 + 7)
        var other = sample
        other.key = key("b")
        other.tenant = TenantID(64_000 + 8)
        cache.finish(cache.beginFill(key("a")), key("a"), sample, at: .seconds(0))
        cache.finish(cache.beginFill(key("b")), key("b"), other, at: .seconds(0))
        cache.apply(.forget(bucket: 7))
        #expect(cache.lookUp(key("a"), at: .seconds(0)) == .miss)
        #expect(cache.lookUp(key("b"), at: .seconds(0)) == .hit(other))
    }

    @Test func `what an owner says is taken if its epoch is newer`() async throws {
        let cache = PlacementCache()
        let sample = try await route("a", tenant: 1000, version: 5, epoch: 3)
        cache.finish(cache.beginFill(key("a")), key("a"), sample, at: .seconds(0))
        cache.learn(owner: node("n9"), epoch: Epoch(3), of: sample.tenant)
        #expect(cache.lookUp(key("a"), at: .seconds(0)) == .hit(sample))
        cache.learn(owner: node("n2"), epoch: Epoch(4), of: sample.tenant)
        guard case .hit(let learned) = cache.lookUp(key("a"), at: .seconds(0)) else {
            Issue.record("forgotten")
            return
        }
        #expect(learned.placement.owner == node("n2") && learned.placement.epoch == Epoch(4))
        // A row of an older version, read before, does not undo it.
        cache.finish(cache.beginFill(key("a")), key("a"), sample, at: .seconds(0))
        #expect(cache.lookUp(key("a"), at: .seconds(0)) == .hit(learned))
    }
}

@Suite struct RouteResolverTests {
    @Test func `a hit asks nothing, a miss reads the row, a deleted tenant has a route`() async throws {
        let fixture = try await RoutingFixture()
        #expect(try await fixture.resolver.resolve(key("a")) == nil)
        let row = try await fixture.make("a")
        // Believed to be absent, for a moment.
        #expect(try await fixture.resolver.resolve(key("a")) == nil)
        fixture.time.advance(seconds: 1)
        #expect(try await fixture.resolver.resolve(key("a")) == Route(row))
        fixture.network.plan(.loseRequest)
        #expect(try await fixture.resolver.resolve(key("a")) == Route(row))
        await #expect(throws: RoutingError.self) { try await fixture.resolver.read(key("a")) }
        _ = try await fixture.tenants.delete(row.id, at: .hours(1))
        #expect(try await fixture.resolver.read(key("a"))?.state == .deleted)
        #expect(try await fixture.resolver.resolve(key("a"))?.state == .deleted)
    }

    @Test func `an old route does while the catalog cannot be reached`() async throws {
        let fixture = try await RoutingFixture()
        let row = try await fixture.make("a")
        #expect(try await fixture.resolver.resolve(key("a")) == Route(row))
        fixture.time.advance(seconds: 7200)
        fixture.network.plan(.loseRequest)
        #expect(try await fixture.resolver.resolve(key("a")) == Route(row))
    }

    @Test func `many who miss share one read`() async throws {
        let gate = GatedDriver(try await RoutingFixture().network)
        let resolver = RouteResolver(
            cache: PlacementCache(), tenants: TenantRows(.over(gate)), time: ManualTime())
        try await withThrowingTaskGroup(of: Route?.self) { group in
            for _ in 0..<50 { group.addTask { try await resolver.resolve(key("a")) } }
            // All but one can only be waiting; the one read is let go when it has come.
            while gate.waiting == 0 { await Task.yield() }
            for _ in 0..<1000 { await Task.yield() }
            gate.open()
            for try await route in group { #expect(route == nil) }
        }
        #expect(gate.passed <= 2, "\(gate.passed) reads")
    }

    @Test func `flights and waiters are bounded`() {
        var table = FlightTable<Int>(maximumFlights: 2, maximumWaiters: 1)
        #expect(table.join(1) == .lead)
        #expect(table.join(1) == .wait(1))
        #expect(table.join(1) == .refuse)
        #expect(table.join(2) == .lead)
        #expect(table.join(3) == .refuse)
        #expect(table.land(1) == [1])
        #expect(table.join(3) == .lead)
        #expect(table.land(3) == [])
    }
}

/// Holds every transaction back until it is opened.
final class GatedDriver: CatalogDriver {
    private struct State {
        var isOpen = false
        var passed = 0
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let base: any CatalogDriver
    private let state = Mutex(State())

    init(_ base: any CatalogDriver) { self.base = base }

    var waiting: Int { state.withLock { $0.held.count } }
    var passed: Int { state.withLock { $0.passed } }

    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.passed += 1
                if !state.isOpen { state.held.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        return try await base.run(transaction)
    }
}
