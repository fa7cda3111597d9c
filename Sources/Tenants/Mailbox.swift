/// What waits for one tenant, and whether a thread is on it. A pure value; the tenant keeps it behind a lock.
package struct Mailbox {
    package enum Refusal: Equatable {
        case full
        /// The tenant left the node's table; look it up again.
        case retry
        case barred(TenantsError)
    }

    enum Answer {
        /// Somebody is on it already.
        case queued
        /// The caller must put the tenant on its lane.
        case schedule
        case refused(Refusal)
    }

    private enum Duty { case idle, scheduled, retired }

    enum Place: Sendable {
        /// Behind the others, within the bound.
        case queue
        /// Before the others, past the bound by a reserve and past a bar: for the engine's own works.
        case front
        /// Behind the others, past bound and bar: for the last work of an orderly end.
        case last
    }

    /// Past the bound for the engine's own works (checkpoints, closing), which clients cannot cause at will.
    private static let urgentReserve = 16

    private let bound: Int
    private var works: [any TenantWork] = []
    private var head = 0
    private var duty = Duty.idle
    var barred: TenantsError?

    init(bound: Int) { self.bound = bound }

    private var count: Int { works.count - head }

    mutating func add(_ work: any TenantWork, _ place: Place) -> Answer {
        if duty == .retired { return .refused(.retry) }
        switch place {
        case .queue:
            if let barred { return .refused(.barred(barred)) }
            guard count < bound else { return .refused(.full) }
            works.append(work)
        case .front:
            guard count < bound + Self.urgentReserve else { return .refused(.full) }
            works.insert(work, at: head)
        case .last:
            works.append(work)
        }
        guard duty == .idle else { return .queued }
        duty = .scheduled
        return .schedule
    }

    /// Takes out a work that has not been given to a thread yet.
    ///
    /// - Returns: false if it is not here, or is to be run.
    mutating func withdraw(_ work: any TenantWork) -> Bool {
        guard work.mayBeWithdrawn, let index = works[head...].firstIndex(where: { $0 === work }) else { return false }
        works.remove(at: index)
        return true
    }

    mutating func next() -> (any TenantWork)? {
        guard head < works.count else { return nil }
        defer {
            head += 1
            compact()
        }
        return works[head]
    }

    /// - Returns: whether the tenant must go back to the end of its lane's queue.
    mutating func endTurn() -> Bool {
        guard count == 0 else { return true }
        if duty == .scheduled { duty = .idle }
        return false
    }

    /// Not while the tenant is barred: the bar would be forgotten with it.
    mutating func retireIfEmpty() -> Bool {
        guard count == 0, barred == nil else { return false }
        duty = .retired
        return true
    }

    private mutating func compact() {
        if head == works.count {
            works.removeAll(keepingCapacity: works.capacity <= 64)
            head = 0
        } else if head >= 64 {
            works.removeFirst(head)
            head = 0
        }
    }
}
