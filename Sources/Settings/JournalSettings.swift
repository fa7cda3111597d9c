/// The node's one log of commits.
package struct JournalSettings: Sendable, Equatable {
    /// `nil`: `journal` inside the data directory.
    package var directory: String?
    /// Room on disk for all segments together, bytes.
    package var size = 2 << 30
    package var segment = 64 << 20
    /// Journal bytes since the recovery point at which checkpoints are hurried: the bound on recovery time.
    package var recovery = 1 << 30
    /// How long a flush waits under load for more commits to gather.
    package var flushPause = Duration.microseconds(400)
    /// How long one tenant may hold the oldest segment before its live pages are written again at the head.
    package var holdback = Duration.seconds(30)
    /// Bytes of records that may wait for the disk.
    package var buffer = 16 << 20
}

/// Hrana streams and their transactions.
package struct StreamSettings: Sendable, Equatable {
    package var idle = Duration.seconds(600)
    package var transactionIdle = Duration.seconds(10)
    /// A transaction older than this is rolled back when another writer waits.
    package var transactionWait = Duration.seconds(5)
}

/// Tenants' life.
package struct TenantSettings: Sendable, Equatable {
    /// How long a deleted tenant can be brought back, at least: it goes with the next sweep.
    package var recovery = Duration.seconds(7 * 86_400)
    /// How long a key that was given up is kept from other tenants; `nil`: not at all on a node that stands alone, a day in
    /// a cluster.
    package var keyHold: Duration?
}

/// Embedded replicas of libSQL clients.
package struct ReplicaSettings: Sendable, Equatable {
    /// Bytes on the disk, of all tenants together; 0 is no replicas.
    package var disk = 16 << 30
    /// Bytes of frames that one push of offline writes may have; 0 is no pushes.
    package var push = 64 << 20
    /// How long a tenant's part is kept that nobody asks for.
    package var keep = Duration.seconds(7 * 86_400)
}

/// Finding a tenant's owner, and waiting while it moves.
package struct RoutingSettings: Sendable, Equatable {
    /// Placements kept in memory.
    package var cache = 100_000
    package var parkedRequests = 256
    package var parkedBytes = 8 << 20
    package var parkedNodeBytes = 64 << 20
    package var parkTime = Duration.seconds(10)
}
