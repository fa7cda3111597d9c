package import Seams
import Synchronization
import Vocabulary

/// Pushes that have not come to their end: a transaction's frames come in several requests, and nothing is done before the last.
///
/// Bounded in number, bytes and time. What is let go of costs nobody anything but time: the replica is asked for it again.
package final class PushShelf: Sendable {
    struct Bounds: Sendable {
        var count = 64
        /// Of one tenant, so that nobody keeps the others out. Then its own oldest goes, if its next part is late.
        var tenant = 4
        /// Nanoseconds after which it is: parts that follow one another must not push each other out in turn.
        var late: UInt64 = 5_000_000_000
        /// Places that replicas have shown to stand on.
        var shown = 1_024
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

    /// What a baton stands for.
    enum Found {
        case file(PushedFile)
        /// The replica has shown what it stands on.
        case shown
    }

    /// Where a replica stands that has shown it.
    private struct Place: Hashable {
        let tenant: TenantID
        let principal: UInt64
        let generation: UInt32
        let next: UInt32
    }

    private let bounds: Bounds
    private let kept = Mutex<[String: Kept]>([:])
    private let shown = Mutex<[Place: (baton: String, lastUse: Instant)]>([:])

    init(_ bounds: Bounds) { self.bounds = bounds }

    /// Bytes that wait, and how many pushes.
    package var usage: (count: Int, bytes: Int64) {
        kept.withLock { kept in (kept.count, kept.values.reduce(0) { $0 + $1.file.upload.byteCount }) }
    }

    /// What was kept under the baton, if this goes on with it. It is not on the shelf then.
    func take(_ baton: String, of tenant: TenantID, _ principal: UInt64, _ position: ReplicaPosition) -> Found? {
        let place = Place(
            tenant: tenant, principal: principal, generation: position.generation, next: position.from)
        let isShown = shown.withLock { shown in
            guard shown[place]?.baton == baton else { return false }
            shown[place] = nil
            return true
        }
        if isShown { return .shown }
        let file: PushedFile? = kept.withLock { kept in
            guard let found = kept[baton], found.file.upload.tenant == tenant, found.principal == principal,
                found.file.generation == position.generation, found.file.end == position.from
            else { return nil }
            kept[baton] = nil
            return found.file
        }
        return file.map { .file($0) }
    }

    /// The replica has shown the frames before this position.
    ///
    /// - Returns: false where there is no room to remember it.
    func noteShown(
        _ next: UInt32, of tenant: TenantID, _ generation: UInt32, as baton: String, of principal: UInt64, now: Instant
    ) -> Bool {
        let place = Place(tenant: tenant, principal: principal, generation: generation, next: next)
        return shown.withLock { shown in
            if shown[place] == nil, shown.count >= bounds.shown {
                shown = shown.filter { now.nanoseconds(since: $0.value.lastUse) < bounds.time }
                guard shown.count < bounds.shown else { return false }
            }
            shown[place] = (baton, now)
            return true
        }
    }

    /// - Returns: false where there is no room for it.
    func keep(_ file: PushedFile, as baton: String, of principal: UInt64, now: Instant) -> Bool {
        let (isKept, _) = kept.withLock { kept -> (Bool, [Kept]) in
            var old = Self.removeOld(&kept, bounds.time, now)
            var rest = kept
            if let own = Self.tooMany(kept, file.upload.tenant, bounds.tenant) {
                guard now.nanoseconds(since: own.value.lastUse) >= bounds.late else { return (false, old) }
                rest[own.key] = nil
            }
            let bytes = rest.values.reduce(Int64(0)) { $0 + $1.file.upload.byteCount }
            guard rest.count < bounds.count, bytes + file.upload.byteCount <= bounds.bytes else { return (false, old) }
            old += kept.filter { rest[$0.key] == nil }.values
            kept = rest
            kept[baton] = Kept(file: file, principal: principal, lastUse: now)
            // Their files are removed when the lock is not held any more.
            return (true, old)
        }
        return isKept
    }

    /// - Returns: the longest unused of the tenant's, where there are so many.
    private static func tooMany(_ kept: [String: Kept], _ tenant: TenantID, _ bound: Int) -> (key: String, value: Kept)?
    {
        let own = kept.filter { $0.value.file.upload.tenant == tenant }
        guard own.count >= bound else { return nil }
        return own.min { ($1.value.lastUse, $0.key) > ($0.value.lastUse, $1.key) }
    }

    /// To be called now and then.
    package func expire(now: Instant) {
        _ = kept.withLock { Self.removeOld(&$0, bounds.time, now) }
        shown.withLock { shown in shown = shown.filter { now.nanoseconds(since: $0.value.lastUse) < bounds.time } }
    }

    private static func removeOld(_ kept: inout [String: Kept], _ time: UInt64, _ now: Instant) -> [Kept] {
        let old = kept.filter { now.nanoseconds(since: $0.value.lastUse) >= time }
        for baton in old.keys { kept[baton] = nil }
        return Array(old.values)
    }
}
