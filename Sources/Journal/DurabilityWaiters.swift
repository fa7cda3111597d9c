import Synchronization
import Vocabulary

/// Something that may not be answered before its LSN is durable (rule J1).
package protocol DurabilityWaiter: AnyObject, Sendable {
    /// Called once, on the flusher's thread (or at once on the caller's, if the LSN is durable already). Must be short and
    /// must not call the journal's blocking functions: every other answer waits behind it.
    func becameDurable()

    /// Called instead where the journal has failed or was abandoned: nobody knows whether the LSN is durable.
    func abandoned()
}

extension DurabilityWaiter {
    package func abandoned() {}
}

/// Waiters in LSN order. Bounded by what the callers admit: each waiter is a unit of admitted work.
struct DurabilityWaiters {
    private struct Entry {
        let lsn: LSN
        let waiter: any DurabilityWaiter
    }

    private var entries: [Entry] = []
    /// Entries before it are gone; the array is compacted when they are half of it.
    private var head = 0
    /// Nobody will call the waiters any more.
    private(set) var isAbandoned = false

    var isEmpty: Bool { head == entries.count }

    /// Almost always at the end, since LSNs are waited for in about the order in which they were given.
    mutating func add(_ lsn: LSN, _ waiter: any DurabilityWaiter) {
        var index = entries.count
        while index > head, entries[index - 1].lsn > lsn { index -= 1 }
        entries.insert(Entry(lsn: lsn, waiter: waiter), at: index)
    }

    /// Moves all waiters up to `durable` to the end of `due`, in LSN order.
    mutating func take(upTo durable: LSN, into due: inout [any DurabilityWaiter]) {
        while head < entries.count, entries[head].lsn <= durable {
            due.append(entries[head].waiter)
            head += 1
        }
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head * 2 > entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }

    /// Gives up all waiters, in LSN order.
    mutating func takeAll(into left: inout [any DurabilityWaiter]) {
        left.append(contentsOf: entries[head...].map(\.waiter))
        entries.removeAll()
        head = 0
        isAbandoned = true
    }
}
