import Benchmarks
import Catalog
import Routing
import Seams
import Vocabulary

/// Looks up where tenants are, from the catalog or from the cache before it.
struct CatalogLookups {
    enum Source: String, CaseIterable {
        case cache
        case catalog
    }

    let driver: any CatalogDriver
    let tenants: Int
    /// Lookups under way at once.
    let inFlight: Int
    let nanoseconds: UInt64
    let stop: StopFlag

    /// Keys that are asked for again and again from the cache.
    private static let known = 1_000
    /// A look at the clock costs as much as a look into the cache: several share one.
    private static let batch = 100

    private var resolver: RouteResolver {
        let store = CatalogStore(driver: driver, random: SystemRandom(), sleep: NodeParts.sleep)
        return RouteResolver(cache: PlacementCache(), tenants: TenantRows(store), time: SystemTime())
    }

    /// - Throws: `RoutingError`; `BenchmarkError.interrupted`.
    func measure(_ source: Source) async throws -> Measurement {
        let start = SystemTime().monotonic()
        var whole = Measurement()
        switch source {
        case .cache: whole = try await cached(until: start)
        case .catalog:
            let resolver = resolver
            try await withThrowingTaskGroup(of: Measurement.self) { group in
                for seed in 0..<inFlight {
                    group.addTask {
                        try await read(resolver, UInt64(seed), until: start.advanced(byNanoseconds: nanoseconds))
                    }
                }
                for try await part in group { whole.add(part) }
            }
            whole.nanoseconds = SystemTime().monotonic().nanoseconds(since: start)
        }
        if stop.isSet { throw BenchmarkError.interrupted }
        return whole
    }

    private func read(_ resolver: RouteResolver, _ seed: UInt64, until end: Instant) async throws -> Measurement {
        var measurement = Measurement()
        var dice = Dice(seed: seed)
        var now = SystemTime().monotonic()
        while now < end, !stop.isSet {
            guard try await resolver.read(CatalogFilling.key(dice.next(below: tenants))) != nil else {
                throw BenchmarkError.child("a tenant is missing")
            }
            let then = SystemTime().monotonic()
            measurement.latencies.record(then.nanoseconds(since: now))
            measurement.operations += 1
            now = then
        }
        return measurement
    }

    private func cached(until start: Instant) async throws -> Measurement {
        let resolver = resolver
        let keys = (0..<min(Self.known, tenants)).map { CatalogFilling.key($0) }
        for key in keys { _ = try await resolver.resolve(key) }
        var measurement = Measurement()
        var dice = Dice(seed: 7)
        let begin = SystemTime().monotonic()
        let end = begin.advanced(byNanoseconds: min(nanoseconds, 2_000_000_000))
        var now = begin
        while now < end, !stop.isSet {
            for _ in 0..<Self.batch {
                guard case .hit = resolver.cached(keys[dice.next(below: keys.count)]) else {
                    throw BenchmarkError.child("the cache has forgotten a tenant")
                }
            }
            let then = SystemTime().monotonic()
            measurement.latencies.record(then.nanoseconds(since: now) / UInt64(Self.batch))
            measurement.operations += Self.batch
            now = then
        }
        measurement.nanoseconds = now.nanoseconds(since: begin)
        return measurement
    }
}
