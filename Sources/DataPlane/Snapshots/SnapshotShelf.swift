import Seams
import Synchronization
import Tenants
import Vocabulary

/// Snapshots that were asked for lately, so that a download that broke off goes on with the same bytes. Bounded in number, time
/// and bytes; the files have no names and go with the last who reads them.
final class SnapshotShelf: DiskRelief {
    /// Bounds, with their defaults.
    struct Bounds: Sendable {
        var count = 32
        /// Bytes of all that are kept.
        var bytes: Int64 = 16 << 30
        /// Nanoseconds since one was last asked for.
        var time: UInt64 = 300_000_000_000
        /// Copies that are made at once on the node, one of each tenant.
        var atOnce = 4
    }

    private struct Entry {
        let snapshot: TenantSnapshot
        var lastUse: Instant
    }

    private struct State {
        var entries: [Entry] = []
        var beingMade: Set<TenantID> = []
    }

    private let bounds: Bounds
    private let state = Mutex(State())

    init(_ bounds: Bounds = Bounds()) { self.bounds = bounds }

    func find(_ tenant: TenantID, _ bookmark: Bookmark, now: Instant) -> TenantSnapshot? {
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.snapshot.is(tenant, bookmark) }) else { return nil }
            state.entries[index].lastUse = now
            return state.entries[index].snapshot
        }
    }

    /// Keeps it, in the place of those that were not used for longest. One larger than all room is not kept.
    func keep(_ snapshot: TenantSnapshot, now: Instant) {
        guard snapshot.byteCount <= bounds.bytes else { return }
        let gone = state.withLock { state -> [Entry] in
            guard !state.entries.contains(where: { $0.snapshot.is(snapshot.tenant, snapshot.bookmark) }) else {
                return []
            }
            state.entries.append(Entry(snapshot: snapshot, lastUse: now))
            state.entries.sort { $0.lastUse > $1.lastUse }
            var room = bounds.bytes
            let kept = state.entries.prefix(bounds.count).prefix { entry in
                room -= entry.snapshot.byteCount
                return room >= 0
            }
            defer { state.entries.removeSubrange(kept.count...) }
            return Array(state.entries[kept.count...])
        }
        // Closing a large file takes a while: not under the lock.
        _ = gone
    }

    func expire(now: Instant) {
        let gone = state.withLock { state -> [Entry] in
            let isOld = { (entry: Entry) in now.nanoseconds(since: entry.lastUse) >= self.bounds.time }
            defer { state.entries.removeAll(where: isOld) }
            return state.entries.filter(isOld)
        }
        _ = gone
    }

    // MARK: DiskRelief

    var hasAny: Bool { state.withLock { !$0.entries.isEmpty } }

    /// What is being sent stays until it is.
    func letGo() -> Bool {
        let gone = state.withLock { state in
            defer { state.entries = [] }
            return state.entries
        }
        return !gone.isEmpty
    }

    // MARK: Making

    /// - Returns: false where as many as may are being made already, or one of this tenant.
    func beginMaking(_ tenant: TenantID) -> Bool {
        state.withLock { state in
            guard state.beingMade.count < bounds.atOnce else { return false }
            return state.beingMade.insert(tenant).inserted
        }
    }

    func endMaking(_ tenant: TenantID) { state.withLock { _ = $0.beingMade.remove(tenant) } }
}

extension TenantSnapshot {
    fileprivate func `is`(_ tenant: TenantID, _ bookmark: Bookmark) -> Bool {
        self.tenant == tenant && self.bookmark == bookmark
    }
}
