import Synchronization
import Vocabulary

/// Which tenants have something in the journal that is not yet in their file, synced, and in the node state; and since
/// which LSN. The smallest of them bounds the recovery point (rule J3).
final class DirtyTenants: Sendable {
    private struct Mark {
        /// The oldest record that recovery would need.
        var since: LSN
        /// The newest commit begun has at least this LSN.
        var newest: LSN
        /// A reader kept the last checkpoint from copying all of it.
        var isHindered = false
    }

    private let marks = Mutex<[TenantID: Mark]>([:])

    /// Called before the record's LSN is given, so that a recovery point computed from here never passes it.
    func willCommit(_ tenant: TenantID, after last: LSN) {
        marks.withLock { $0[tenant, default: Mark(since: last.next, newest: last.next)].newest = last.next }
    }

    func noteHindered(_ tenant: TenantID) { marks.withLock { $0[tenant]?.isHindered = true } }

    /// Tenants that readers keep from being copied, and whose oldest record is at or below `lsn`.
    func hindered(upTo lsn: LSN) -> [TenantID] {
        marks.withLock { $0.filter { $0.value.isHindered && $0.value.since <= lsn }.map(\.key) }.sorted()
    }

    /// The oldest record of the tenant that recovery would need; nil if there is none.
    func since(_ tenant: TenantID) -> LSN? { marks.withLock { $0[tenant]?.since } }

    /// Everything of the tenant up to `covered` is where it belongs.
    func settle(_ tenant: TenantID, covered: LSN) {
        marks.withLock { table in
            guard let mark = table[tenant] else { return }
            if mark.newest <= covered {
                table[tenant] = nil
            } else {
                table[tenant]!.since = max(mark.since, covered.next)
                table[tenant]!.isHindered = false
            }
        }
    }

    /// - Parameter last: the journal's last LSN, read before the call.
    /// - Returns: the first LSN that recovery must still see.
    func recoveryPoint(last: LSN) -> LSN {
        marks.withLock { $0.values.lazy.map(\.since).min() }.map { min($0, last.next) } ?? last.next
    }

    /// The tenants that hold the journal back the longest, oldest first.
    ///
    /// - Parameter hopeless: those for which nothing can be done.
    func oldest(_ count: Int, without hopeless: Set<TenantID> = []) -> [TenantID] {
        let all = marks.withLock { marks in
            marks.lazy.filter { !hopeless.contains($0.key) }.map { (tenant: $0.key, since: $0.value.since) }
        }
        return all.sorted { ($0.since, $0.tenant) < ($1.since, $1.tenant) }.prefix(count).map(\.tenant)
    }

    var count: Int { marks.withLock { $0.count } }
}
