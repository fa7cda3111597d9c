import Seams
import Vocabulary

/// Whose histories are kept, how large they are, and which go when there is no more room. Pure.
struct ReplicaRoom: Sendable {
    private struct Entry {
        var bytes: Int64
        var lastUse: Instant
    }

    /// Bytes of all of them.
    let most: Int64
    private var entries: [TenantID: Entry] = [:]
    private(set) var bytes: Int64 = 0

    init(most: Int64) { self.most = most }

    var count: Int { entries.count }
    /// The longest unused first.
    var tenants: [TenantID] { entries.sorted { $0.value.lastUse < $1.value.lastUse }.map(\.key) }

    mutating func note(_ tenant: TenantID, _ bytes: Int64, _ now: Instant) {
        self.bytes += bytes - (entries[tenant]?.bytes ?? 0)
        entries[tenant] = Entry(bytes: bytes, lastUse: now)
    }

    func holds(_ tenant: TenantID) -> Bool { entries[tenant] != nil }

    mutating func remove(_ tenant: TenantID) {
        bytes -= entries.removeValue(forKey: tenant)?.bytes ?? 0
    }

    /// Which histories must go before one of `wanted` bytes is made: those that were not used for longest.
    ///
    /// - Returns: nil where even then there would be no room.
    func victims(for wanted: Int64, of tenant: TenantID) -> [TenantID]? {
        guard wanted <= most else { return nil }
        var left = bytes - (entries[tenant]?.bytes ?? 0)
        var victims: [TenantID] = []
        for (id, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) where id != tenant {
            if left + wanted <= most { break }
            victims.append(id)
            left -= entry.bytes
        }
        return victims
    }

    /// Those that nobody has asked for since then.
    func unused(since nanoseconds: UInt64, now: Instant) -> [TenantID] {
        entries.filter { now.nanoseconds(since: $0.value.lastUse) >= nanoseconds }.keys.sorted()
    }
}
