import Catalog
import Seams
import Vocabulary

/// Which key signs. Pure.
///
/// A token is worth nothing on a node that does not know its key. So a process signs with a key only when it has known it for as
/// long as it takes every serving node to hear of it: a node that has not asked the catalog for that long has lost its right to
/// serve. The wait is each process's own, on its own clock; clocks of different nodes are compared for keys that are far older.
struct KeySettling {
    /// Milliseconds after which a key counts as known everywhere: no two clocks are that far apart.
    static let old: Int64 = 24 * 3600 * 1000

    /// Nanoseconds.
    let wait: UInt64
    private var seen: [String: Instant] = [:]

    init(wait: UInt64) { self.wait = wait }

    /// - Parameter rows: all keys there are, the oldest first.
    /// - Returns: the newest that is known everywhere; the oldest where none is. Retired ones never sign.
    mutating func signer(among rows: [SigningKeyRow], now: Instant, wall: WallTime) -> String? {
        seen = Dictionary(uniqueKeysWithValues: rows.map { ($0.kid, seen[$0.kid] ?? now) })
        let signing = rows.filter { $0.retired == nil }
        return (signing.last { isSettled($0, now, wall) } ?? signing.first)?.kid
    }

    private func isSettled(_ row: SigningKeyRow, _ now: Instant, _ wall: WallTime) -> Bool {
        if now.nanoseconds(since: seen[row.kid] ?? now) >= wait { return true }
        return wall.milliseconds - row.created.milliseconds >= max(Self.old, Int64(wait / 1_000_000) * 2)
    }
}
