package import Seams
import Synchronization
import Vocabulary

/// Pushes that have not come to their end: a transaction's frames come in several requests, and nothing is done before the last.
///
/// Bounded in number, bytes and time. What is let go of costs nobody anything: the replica is asked for it again.
package final class PushShelf: Sendable {
    struct Bounds: Sendable {
        var count = 64
        /// Of one tenant: then its own oldest goes, so that nobody keeps the others out.
        var tenant = 4
        /// Bytes of all.
        var bytes: Int64
        /// Nanoseconds since the last part.
        var time: UInt64 = 60_000_000_000
    }

    private struct Kept {
        let file: PushedFile
        let principal: UInt64
        let lastUse: Instant
    }

    private let bounds: Bounds
    private let kept = Mutex<[String: Kept]>([:])

    init(_ bounds: Bounds) { self.bounds = bounds }

    /// Bytes that wait, and how many pushes.
    package var usage: (count: Int, bytes: Int64) {
        kept.withLock { kept in (kept.count, kept.values.reduce(0) { $0 + $1.file.upload.byteCount }) }
    }

    /// What was kept under the baton, if this goes on with it. It is not on the shelf then.
    func take(_ baton: String, of tenant: TenantID, _ principal: UInt64, _ position: ReplicaPosition) -> PushedFile? {
        kept.withLock { kept in
            guard let found = kept[baton], found.file.upload.tenant == tenant, found.principal == principal,
                found.file.generation == position.generation, found.file.end == position.from
            else { return nil }
            kept[baton] = nil
            return found.file
        }
    }

    /// - Returns: false where there is no room for it.
    func keep(_ file: PushedFile, as baton: String, of principal: UInt64, now: Instant) -> Bool {
        let (isKept, _) = kept.withLock { kept -> (Bool, [Kept]) in
            var old = Self.removeOld(&kept, bounds.time, now)
            if let own = Self.tooMany(kept, file.upload.tenant, bounds.tenant) {
                old += [kept.removeValue(forKey: own)].compactMap(\.self)
            }
            let bytes = kept.values.reduce(Int64(0)) { $0 + $1.file.upload.byteCount }
            guard kept.count < bounds.count, bytes + file.upload.byteCount <= bounds.bytes else { return (false, old) }
            kept[baton] = Kept(file: file, principal: principal, lastUse: now)
            // Their files are removed when the lock is not held any more.
            return (true, old)
        }
        return isKept
    }

    /// - Returns: the longest unused of the tenant's, where there are so many.
    private static func tooMany(_ kept: [String: Kept], _ tenant: TenantID, _ bound: Int) -> String? {
        let own = kept.filter { $0.value.file.upload.tenant == tenant }
        guard own.count >= bound else { return nil }
        return own.min { ($1.value.lastUse, $0.key) > ($0.value.lastUse, $1.key) }?.key
    }

    /// To be called now and then.
    package func expire(now: Instant) { _ = kept.withLock { Self.removeOld(&$0, bounds.time, now) } }

    private static func removeOld(_ kept: inout [String: Kept], _ time: UInt64, _ now: Instant) -> [Kept] {
        let old = kept.filter { now.nanoseconds(since: $0.value.lastUse) >= time }
        for baton in old.keys { kept[baton] = nil }
        return Array(old.values)
    }
}
