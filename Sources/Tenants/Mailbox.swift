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

    private enum Duty {
        case idle
        /// A thread is on the tenant, or will be, or it waits for the disk.
        case scheduled
        /// It waits for its readers: the next that comes back takes it.
        case parked
        case retired
    }

    enum Place: Sendable {
        /// Behind the others, within the bound.
        case queue
        /// Before the others, past the bound by a reserve and past a bar: for the engine's own works.
        case front
        /// Behind the others, past bound and bar: for the last work of an orderly end.
        case last
    }

    enum Next {
        case work(any TenantWork)
        /// The tenant goes over to this thread.
        case reader(ReturningReader)
        /// What has waited too long is to be ended.
        case tick
        case nothing
    }

    /// What the tenant itself would do next.
    enum Intent {
        case nothing
        /// Something before all works in the mailbox.
        case goOn
        /// The same, when its readers have come back.
        case awaitReaders
    }

    enum TurnEnd {
        /// Nobody is on the tenant.
        case idle
        /// The caller must put it at the end of its lane's queue.
        case again
        case reader(ReturningReader)
    }

    /// Past the bound for the engine's own works (checkpoints, closing), which clients cannot cause at will.
    private static let urgentReserve = 16

    private let bound: Int
    private var works: [any TenantWork] = []
    private var head = 0
    /// As many as slow reads may be aside.
    private var returning: [ReturningReader] = []
    private var duty = Duty.idle
    /// The clock wants a look. No work: it waits once at most, and counts nowhere.
    private var wantsTick = false
    /// New works are refused with this.
    private(set) var barred: TenantsError?
    /// But for those that go on with what was begun before.
    private var letsGoOn = false

    init(bound: Int) { self.bound = bound }

    private var count: Int { works.count - head }
    var isEmpty: Bool { count == 0 }
    var hasReturning: Bool { !returning.isEmpty }

    mutating func add(_ work: any TenantWork, _ place: Place) -> Answer {
        if duty == .retired { return .refused(.retry) }
        switch place {
        case .queue:
            if let barred, !(letsGoOn && work.goesOn) { return .refused(.barred(barred)) }
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

    /// - Returns: `.refused(.retry)` where the tenant has left; it has nothing to watch then.
    mutating func addTick() -> Answer {
        if duty == .retired { return .refused(.retry) }
        wantsTick = true
        guard duty == .idle else { return .queued }
        duty = .scheduled
        return .schedule
    }

    mutating func bar(_ error: TenantsError?) {
        barred = error
        letsGoOn = false
    }

    /// Refuses new works with this error; as long as something is not over, what was begun before may go on.
    ///
    /// - Returns: whether nothing is left and nothing more is let in.
    mutating func park(_ error: TenantsError, whileBusy isBusy: Bool) -> Bool {
        guard barred == nil || barred == error else { return false }
        barred = error
        letsGoOn = isBusy || !isEmpty
        return !letsGoOn
    }

    /// Takes out a work that has not been given to a thread yet.
    ///
    /// - Returns: false if it is not here, or is to be run.
    mutating func withdraw(_ work: any TenantWork) -> Bool {
        guard work.mayBeWithdrawn, let index = works[head...].firstIndex(where: { $0 === work }) else { return false }
        works.remove(at: index)
        return true
    }

    /// Readers that come back go first: they hold a thread and a snapshot.
    mutating func next() -> Next {
        if !returning.isEmpty { return .reader(returning.removeFirst()) }
        if wantsTick {
            wantsTick = false
            return .tick
        }
        guard head < works.count else { return .nothing }
        defer {
            head += 1
            compact()
        }
        return .work(works[head])
    }

    /// The thread on duty has done what it would in one turn.
    mutating func endTurn(_ intent: Intent = .nothing) -> TurnEnd {
        if !returning.isEmpty { return .reader(returning.removeFirst()) }
        switch intent {
        case .goOn: return .again
        case .awaitReaders:
            duty = .parked
            return .idle
        case .nothing:
            guard count == 0, !wantsTick else { return .again }
            if duty == .scheduled { duty = .idle }
            return .idle
        }
    }

    /// - Returns: whether the reader is on duty at once; else it is handed the tenant later.
    mutating func comeBack(_ reader: ReturningReader) -> Bool {
        switch duty {
        case .idle, .parked:
            duty = .scheduled
            return true
        case .scheduled:
            returning.append(reader)
            return false
        case .retired: preconditionFailure("a tenant with a reader was evicted")
        }
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
