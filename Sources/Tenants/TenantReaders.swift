import SQLiteKit
import Seams

/// The connections of a tenant whose slow reads run aside, on threads of their own, while the tenant goes on; and idle ones that take
/// a shared connection's place when it goes aside. On the tenant's thread.
struct TenantReaders {
    let limit: Int
    /// Nanoseconds without a slow read after which idle connections are closed.
    private let idleTime: UInt64
    private(set) var aside: [GuardedConnection] = []
    private var spares: [GuardedConnection] = []
    private var lastUse = Instant(nanoseconds: 0)

    init(limit: Int, idleTime: UInt64) {
        self.limit = limit
        self.idleTime = idleTime
    }

    var isEmpty: Bool { aside.isEmpty }
    var isFull: Bool { aside.count >= limit }
    var hasSpares: Bool { !spares.isEmpty }
    var memoryBytes: Int { spares.reduce(0) { $0 + $1.connection.memoryBytes } }

    mutating func leave(_ guarded: GuardedConnection) { aside.append(guarded) }

    mutating func comeBack(_ guarded: GuardedConnection, now: Instant) {
        aside.removeAll { $0 === guarded }
        lastUse = now
    }

    /// A connection for the shared one's place; nil where a new one must be opened.
    mutating func takeSpare() -> GuardedConnection? { spares.popLast() }

    /// Keeps a clean shared connection whose place was taken while it was aside.
    mutating func keep(_ guarded: GuardedConnection) { if spares.count < limit { spares.append(guarded) } }

    mutating func closeIdle(now: Instant) { if now.nanoseconds(since: lastUse) >= idleTime { closeSpares() } }

    mutating func closeSpares() { spares.removeAll() }

    /// Ends the statements that run aside. They are aside until they have noticed.
    func recall(_ reason: Recall) { for guarded in aside { guarded.watch.recall(reason) } }
}

/// Why a read that runs aside is ended before its end.
enum Recall: UInt8, Sendable {
    /// The log has no more room for what the read's old snapshot keeps in it.
    case expired = 1
    /// The tenant is moved, replaced or dropped.
    case tenantLeaves
}
