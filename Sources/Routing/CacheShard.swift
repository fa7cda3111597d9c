import Seams
import Vocabulary

/// One part of the placement cache, under one lock.
struct CacheShard: Sendable {
    private struct Entry: Sendable {
        var route: Route
        var read: Instant
    }

    private var routes: ClockTable<TenantKey, Entry>
    /// Keys that lead nowhere, until when that is believed. A table of its own, so that made-up keys push out no route.
    private var absent: ClockTable<TenantKey, Instant>
    /// The key of each tenant in `routes`.
    private var keys: [TenantID: TenantKey] = [:]
    /// Counts invalidations: a read that began before one may be older than it.
    private(set) var invalidations: UInt64 = 0

    init(routes: Int, absent: Int) {
        self.routes = ClockTable(capacity: routes)
        self.absent = ClockTable(capacity: absent)
    }

    var count: Int { routes.count + absent.count }

    mutating func lookUp(_ key: TenantKey, at now: Instant, maximumAge: UInt64) -> PlacementCache.Answer {
        if let entry = routes.use(key) {
            return now.nanoseconds(since: entry.read) < maximumAge ? .hit(entry.route) : .stale(entry.route)
        }
        guard let until = absent.use(key) else { return .miss }
        if now < until { return .absent }
        absent.remove(key)
        return .miss
    }

    /// A route of an older version than the one that is there is not taken.
    mutating func insert(_ route: Route, at now: Instant) {
        absent.remove(route.key)
        if let old = routes.peek(route.key)?.route {
            if old.tenant != route.tenant {
                keys[old.tenant] = nil
            } else if old.placement.version > route.placement.version {
                return
            }
        }
        // The same tenant under another key: it was renamed.
        if let former = keys[route.tenant], former != route.key { routes.remove(former) }
        keys[route.tenant] = route.key
        if let evicted = routes.set(route.key, Entry(route: route, read: now)) {
            keys[evicted.value.route.tenant] = nil
        }
    }

    mutating func insertAbsent(_ key: TenantKey, until: Instant) {
        if let old = routes.remove(key) { keys[old.route.tenant] = nil }
        _ = absent.set(key, until)
    }

    mutating func learn(_ owner: NodeID, _ epoch: Epoch, of tenant: TenantID) {
        guard let key = keys[tenant], var entry = routes.peek(key), entry.route.placement.epoch < epoch else { return }
        let version = entry.route.placement.version
        entry.route.placement = Placement(tenant: tenant, owner: owner, epoch: epoch, version: version + 1)
        _ = routes.set(key, entry)
    }

    mutating func invalidate(_ tenant: TenantID) {
        invalidations += 1
        if let key = keys.removeValue(forKey: tenant) { routes.remove(key) }
    }

    mutating func invalidate(_ key: TenantKey) {
        invalidations += 1
        absent.remove(key)
        if let old = routes.remove(key) { keys[old.route.tenant] = nil }
    }

    mutating func invalidate(where condition: (TenantID) -> Bool) {
        invalidations += 1
        absent.removeAll()
        for (tenant, key) in keys where condition(tenant) {
            routes.remove(key)
            keys[tenant] = nil
        }
    }
}
