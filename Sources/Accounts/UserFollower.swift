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

    /// Looks without a pause while there is more than one look reads: all that is kept.
    private static let looks = 64

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
        var known: [UserChangeLog.Head] = []
        while true {
            await catchUp(&known)
            do { try await sleep(interval) } catch { return }
        }
    }

    /// Reads until nothing is left, and then says since when nothing is.
    func catchUp(_ known: inout [UserChangeLog.Head]) async {
        for _ in 0..<Self.looks {
            let sent = time.monotonic()
            guard let isAll = try? await poll(&known) else { return }
            if isAll { return cache.heard(sent) }
        }
    }

    /// - Returns: true if nothing is left to read.
    /// - Throws: `CatalogError`.
    func poll(_ known: inout [UserChangeLog.Head]) async throws(CatalogError) -> Bool {
        let heads = try await log.heads()
        guard known.count == heads.count, zip(known, heads).allSatisfy({ $0.seq < $1.seq || $0 == $1 }) else {
            // The first time; or the catalog is another one, or has lost commits.
            known = heads
            cache.invalidateAll()
            return true
        }
        var isAll = true
        for bucket in heads.indices where heads[bucket] != known[bucket] {
            // With the last that is known: what was lost may have been counted anew.
            let changes = try await log.changes(in: bucket, after: known[bucket].seq - min(known[bucket].seq, 1))
            guard let last = changes.last, follows(changes, known[bucket]) else {
                // Some were missed: trimmed away, or lost.
                known[bucket] = heads[bucket]
                cache.invalidateAll()
                continue
            }
            for change in changes { cache.invalidate(change.user) }
            known[bucket] = UserChangeLog.Head(seq: last.seq, user: last.user)
            if changes.count == UserChangeLog.page { isAll = false }
        }
        return isAll
    }

    private func follows(_ changes: [UserChange], _ head: UserChangeLog.Head) -> Bool {
        guard let first = changes.first else { return false }
        return head.seq == 0 ? first.seq == 1 : first.seq == head.seq && first.user == head.user
    }
}
