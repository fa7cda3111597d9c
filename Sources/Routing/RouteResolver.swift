package import Catalog
package import Seams
import Synchronization
package import Vocabulary

/// Why a key could not be resolved.
package enum RoutingError: Error, Equatable, Sendable {
    case catalog(CatalogError)
    /// Too many keys are being looked up at once; nothing was asked.
    case overloaded
}

/// Finds where a key leads: from the cache, or from the catalog with one read however many ask.
package final class RouteResolver: Sendable {
    private enum Outcome: Sendable {
        case found(Result<Route?, RoutingError>)
        /// The caller is the one who reads.
        case lead
    }

    private struct State {
        var flights = FlightTable<TenantKey>(maximumFlights: 4096, maximumWaiters: 4096)
        var waiting: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
    }

    private let cache: PlacementCache
    private let tenants: TenantRows
    private let time: any TimeSource
    private let state = Mutex(State())

    package init(cache: PlacementCache, tenants: TenantRows, time: any TimeSource) {
        self.cache = cache
        self.tenants = tenants
        self.time = time
    }

    /// The cached answer alone, for callers that cannot wait.
    package func cached(_ key: TenantKey) -> PlacementCache.Answer {
        cache.lookUp(key, at: time.monotonic())
    }

    /// - Returns: nil where there is no such tenant. A deleted one has a route, with its state.
    /// - Throws: `RoutingError`. While the catalog cannot be reached, keys that are remembered still resolve.
    package func resolve(_ key: TenantKey) async throws(RoutingError) -> Route? {
        switch cached(key) {
        case .hit(let route): return route
        case .absent: return nil
        case .miss: return try await read(key)
        case .stale(let route):
            do { return try await read(key) } catch { return route }
        }
    }

    /// Reads the row, whatever the cache holds; the cache knows it afterwards.
    ///
    /// A caller that waited for another's read gets that one's answer: it may have begun a little before this call.
    ///
    /// - Throws: `RoutingError`.
    package func read(_ key: TenantKey) async throws(RoutingError) -> Route? {
        // Whose read failed because its own caller went away is not our failure: then ask once ourselves.
        for _ in 0..<2 {
            switch await board(key) {
            case .lead: return try await fly(key).get()
            case .found(.success(let route)): return route
            case .found(.failure(.overloaded)): throw .overloaded
            case .found(.failure): continue
            }
        }
        return try await row(key).get()
    }

    private func board(_ key: TenantKey) async -> Outcome {
        await withCheckedContinuation { continuation in
            let ticket = state.withLock { state in
                let ticket = state.flights.join(key)
                if case .wait(let number) = ticket { state.waiting[number] = continuation }
                return ticket
            }
            switch ticket {
            case .lead: continuation.resume(returning: .lead)
            case .refuse: continuation.resume(returning: .found(.failure(.overloaded)))
            case .wait: break
            }
        }
    }

    private func fly(_ key: TenantKey) async -> Result<Route?, RoutingError> {
        let result = await row(key)
        let waiting = state.withLock { state in
            state.flights.land(key).compactMap { state.waiting.removeValue(forKey: $0) }
        }
        for continuation in waiting { continuation.resume(returning: .found(result)) }
        return result
    }

    private func row(_ key: TenantKey) async -> Result<Route?, RoutingError> {
        let fill = cache.beginFill(key)
        do {
            let route = try await tenants.find(key).map(Route.init)
            cache.finish(fill, key, route, at: time.monotonic())
            return .success(route)
        } catch {
            return .failure(.catalog(error))
        }
    }
}
