package import Access
package import Catalog
package import Seams
import Vocabulary

/// Follows the catalog's log of changed users at a constant rate and makes the node forget their sessions.
package struct UserFollower: Sendable {
    private let log: UserChangeLog
    private let cache: SessionCache
    private let time: any TimeSource
    private let sleep: Sleep
    private let interval: UInt64

    /// - Parameter interval: nanoseconds between two polls; a quarter of the bound within which changes must be seen.
    package init(
        store: CatalogStore, cache: SessionCache, interval: UInt64, time: any TimeSource, sleep: @escaping Sleep
    ) {
        log = UserChangeLog(store)
        self.cache = cache
        self.interval = interval
        self.time = time
        self.sleep = sleep
    }

    /// Runs until the task is cancelled. While the catalog cannot be reached it keeps asking at the same rate.
    package func run() async {
        var known: [UInt64] = []
        while true {
            let sent = time.monotonic()
            if (try? await poll(&known)) == true { cache.heard(sent) }
            do { try await sleep(interval) } catch { return }
        }
    }

    /// - Returns: true if nothing is left to read.
    /// - Throws: `CatalogError`.
    func poll(_ known: inout [UInt64]) async throws(CatalogError) -> Bool {
        let positions = try await log.positions()
        guard known.count == positions.count, zip(known, positions).allSatisfy({ $0 <= $1 }) else {
            // The first time; or the catalog is another one, or has lost commits.
            known = positions
            cache.invalidateAll()
            return true
        }
        var isAll = true
        for bucket in positions.indices where positions[bucket] != known[bucket] {
            let changes = try await log.changes(in: bucket, after: known[bucket])
            guard let last = changes.last, changes.first?.seq == known[bucket] + 1 else {
                // Trimmed away: some were missed.
                known[bucket] = positions[bucket]
                cache.invalidateAll()
                continue
            }
            for change in changes { cache.invalidate(change.user) }
            known[bucket] = last.seq
            if changes.count == UserChangeLog.page { isAll = false }
        }
        return isAll
    }
}
