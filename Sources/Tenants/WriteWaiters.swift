import Seams

/// Works that wait for another stream's transaction to end, in order.
///
/// Bounded: they have left the mailbox, which keeps its room for the one work that ends the wait, the holder's COMMIT.
struct WriteWaiters {
    struct Waiter {
        let work: any TenantWork
        let since: Instant
        /// Its place: given once, kept when the work has to wait again.
        let ticket: UInt64
    }

    private let bound: Int
    private var waiters: [Waiter] = []
    private var tickets: UInt64 = 0

    init(bound: Int) { self.bound = bound }

    var isEmpty: Bool { waiters.isEmpty }
    var count: Int { waiters.count }

    /// - Parameter earlier: what it waited as before, if it did.
    /// - Returns: false where too many wait already.
    mutating func add(_ work: any TenantWork, as earlier: Waiter?, now: Instant) -> Bool {
        guard waiters.count < bound else { return false }
        if earlier == nil { tickets += 1 }
        let waiter = earlier ?? Waiter(work: work, since: now, ticket: tickets)
        let place = waiters.firstIndex { $0.ticket > waiter.ticket } ?? waiters.endIndex
        waiters.insert(waiter, at: place)
        return true
    }

    mutating func takeFirst() -> Waiter? { waiters.isEmpty ? nil : waiters.removeFirst() }

    /// The first whose deadline has come, or for whose answer nobody waits any more.
    mutating func takeOverdue(now: Instant) -> Waiter? {
        let index = waiters.firstIndex { $0.work.deadline <= now || $0.work.cancellation?.isCancelled ?? false }
        return index.map { waiters.remove(at: $0) }
    }

    mutating func removeAll() -> [Waiter] {
        defer { waiters.removeAll() }
        return waiters
    }
}
