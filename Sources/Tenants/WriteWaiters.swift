import Seams

/// Works that wait for another stream's transaction to end, in order. Bounded by the tenant's queue: each came through it.
struct WriteWaiters {
    struct Waiter {
        let work: any TenantWork
        let since: Instant
    }

    private var waiters: [Waiter] = []

    var isEmpty: Bool { waiters.isEmpty }
    var count: Int { waiters.count }

    /// A work that had waited before keeps its place.
    mutating func add(_ work: any TenantWork, since: Instant) {
        let place = waiters.firstIndex { $0.since > since } ?? waiters.endIndex
        waiters.insert(Waiter(work: work, since: since), at: place)
    }

    mutating func takeFirst() -> Waiter? { waiters.isEmpty ? nil : waiters.removeFirst() }

    /// Those whose deadline has come, in order.
    mutating func takeOverdue(now: Instant) -> [Waiter] {
        guard waiters.contains(where: { $0.work.deadline <= now }) else { return [] }
        let overdue = waiters.filter { $0.work.deadline <= now }
        waiters.removeAll { $0.work.deadline <= now }
        return overdue
    }

    mutating func removeAll() -> [Waiter] {
        defer { waiters.removeAll() }
        return waiters
    }
}
