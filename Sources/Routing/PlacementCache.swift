import Catalog
package import Seams
import Synchronization
package import Vocabulary

/// What this router remembers of where keys lead. Bounded, used by all threads at once; a cached look-up is one short lock
/// and two table reads.
///
/// Nothing here decides who owns a tenant: a router that is behind sends a request to a node that refuses it with what it
/// knows (`OwnerCheck`).
package final class PlacementCache: Sendable {
    package enum Answer: Equatable, Sendable {
        case hit(Route)
        /// Older than the maximum age: to be read again; good enough while the catalog cannot be reached.
        case stale(Route)
        /// A moment ago there was no such tenant.
        case absent
        case miss
    }

    /// Proof of when a read began, so that what it read is not kept if something changed since.
    package struct Fill: Sendable {
        let shard: Int
        let invalidations: UInt64
    }

    package struct Bounds: Equatable, Sendable {
        package var routes = 200_000
        package var absent = 20_000
        /// Nanoseconds for which an absent key is believed to be absent.
        package var absentFor: UInt64 = 1_000_000_000
        /// Nanoseconds after which a route is read again. A freed key stays free for at least ten times as long.
        package var maximumAge: UInt64 = 3_600_000_000_000

        package init() {}
    }

    private final class Shard: Sendable {
        let state: Mutex<CacheShard>
        init(_ state: CacheShard) { self.state = Mutex(state) }
    }

    private static let shardCount = 16

    private let bounds: Bounds
    private let shards: [Shard]

    package init(_ bounds: Bounds = Bounds()) {
        self.bounds = bounds
        shards = (0..<Self.shardCount).map { _ in
            Shard(CacheShard(routes: bounds.routes / Self.shardCount, absent: bounds.absent / Self.shardCount))
        }
    }

    /// Entries of both kinds.
    package var count: Int { shards.reduce(0) { $0 + $1.state.withLock { $0.count } } }

    package func lookUp(_ key: TenantKey, at now: Instant) -> Answer {
        shards[shard(of: key)].state.withLock { $0.lookUp(key, at: now, maximumAge: bounds.maximumAge) }
    }

    /// To be called before the row is read.
    package func beginFill(_ key: TenantKey) -> Fill {
        let shard = shard(of: key)
        return Fill(shard: shard, invalidations: shards[shard].state.withLock { $0.invalidations })
    }

    /// Keeps what was read, nil for no such tenant, unless anything was invalidated since `fill` began.
    package func finish(_ fill: Fill, _ key: TenantKey, _ route: Route?, at now: Instant) {
        let absentUntil = now.advanced(byNanoseconds: bounds.absentFor)
        shards[fill.shard].state.withLock { shard in
            guard shard.invalidations == fill.invalidations else { return }
            if let route { shard.insert(route, at: now) } else { shard.insertAbsent(key, until: absentUntil) }
        }
    }

    /// An owner said who owns the tenant now. Taken only if the epoch is newer than what is known.
    package func learn(owner: NodeID, epoch: Epoch, of tenant: TenantID) {
        for shard in shards { shard.state.withLock { $0.learn(owner, epoch, of: tenant) } }
    }

    /// Forgets what a change made old: the tenant under whatever key it is remembered, and the key that the change names.
    package func apply(_ event: ChangeEvent) {
        switch event {
        case .changed(let change):
            guard change.kind != .tokens else { return }
            for shard in shards { shard.state.withLock { $0.invalidate(change.tenant) } }
            shards[shard(of: change.key)].state.withLock { $0.invalidate(change.key) }
        case .forget(let bucket):
            for shard in shards {
                shard.state.withLock { $0.invalidate { ChangeLog.bucket(of: $0) == bucket } }
            }
        case .forgetAll:
            for shard in shards { shard.state.withLock { $0.invalidate { _ in true } } }
        }
    }

    /// Forgets a tenant, and what was believed of the key, also that it leads nowhere.
    package func forget(_ tenant: TenantID, _ key: TenantKey) {
        invalidate(tenant)
        shards[shard(of: key)].state.withLock { $0.invalidate(key) }
    }

    /// Forgets one tenant.
    package func invalidate(_ tenant: TenantID) {
        for shard in shards { shard.state.withLock { $0.invalidate(tenant) } }
    }

    /// FNV-1a: cheap and enough to spread over sixteen; the tables behind it hash with a secret.
    private func shard(of key: TenantKey) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.string.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) % UInt64(Self.shardCount))
    }
}
