import Glibc
import Journal
import Lanes
import SQLiteKit
import Seams
import Synchronization
package import Vocabulary

/// One tenant as the node holds it: a mailbox that any thread may write to, and a database that lives on a lane.
///
/// The mailbox decides; at most one thread is on duty for a tenant at a time, whichever has the lane's duty or has kept a slow unit.
/// Beside it only slow reads run, each on a connection that is its alone.
package final class Tenant: LaneUnit, @unchecked Sendable {
    // @unchecked: `database`, `waiters`, `eventLSN`, `held`, `parked`, `handling` belong to whoever is on duty, which the mailbox
    // makes one thread at a time.
    package let id: TenantID
    private let lane: Lane
    let parts: TenantParts
    let mailbox: Mutex<Mailbox>
    var database: TenantDatabase?
    var waiters: WriteWaiters
    /// The newest record that made or dropped the tenant: until it is durable nobody may hear of it (rule J1).
    private(set) var eventLSN = LSN.none
    /// A work that goes on when everything before it is durable; the tenant does nothing meanwhile.
    private var held: (work: any TenantWork, lsn: LSN)?
    /// A work that goes on when nobody reads aside any more; nothing new begins meanwhile.
    private(set) var parked: (any TenantWork)?
    /// Whose `handle` runs now.
    private var handling: (any TenantWork)?
    /// The thread on duty, for assertions.
    private var dutyThread = pthread_t()
    /// For the clock that finds idle tenants.
    let wasUsed = Atomic<Bool>(true)
    /// The statement that runs now is to end: nobody else gets anything written before the tenant's commits are copied.
    let mustYield = Atomic<Bool>(false)
    private let memory = Atomic<Int>(0)
    private let watched = Atomic<Bool>(false)

    /// Works done before other tenants of the lane have their turn.
    private static let worksPerTurn = 8

    init(id: TenantID, lane: Lane, parts: TenantParts) {
        self.id = id
        self.lane = lane
        self.parts = parts
        let bound = parts.context.settings.tenantQueue
        mailbox = Mutex(Mailbox(bound: bound))
        waiters = WriteWaiters(bound: bound)
    }

    // MARK: Any thread

    /// - Returns: nil if the work was taken; it will be run, released or refused. `.retry` if the tenant was being
    ///   evicted: look it up again.
    func submit(_ work: any TenantWork, _ place: Mailbox.Place) -> Mailbox.Refusal? {
        let answer = mailbox.withLock { $0.add(work, place) }
        switch answer {
        case .queued: return nil
        case .refused(let refusal): return refusal
        case .schedule:
            wasUsed.store(true, ordering: .relaxed)
            schedule()
            return nil
        }
    }

    /// Takes a work back that has not begun.
    ///
    /// - Returns: whether it was still waiting; it is the caller's then.
    func withdraw(_ work: any TenantWork) -> Bool { mailbox.withLock { $0.withdraw(work) } }

    /// The clock: what has waited too long ends at the tenant's next turn, however often it is asked for.
    func tickSoon() { if case .schedule = mailbox.withLock({ $0.addTick() }) { schedule() } }

    /// Refuses new works with this error from now on; nil opens the mailbox again.
    func bar(_ error: TenantsError?) { mailbox.withLock { $0.bar(error) } }

    /// The same, if it is barred as `old` says: an end of the engine stays an end.
    func bar(_ error: TenantsError?, replacing old: TenantsError?) {
        mailbox.withLock { if $0.barred == old { $0.bar(error) } }
    }

    /// Refuses new works with `.moving`; what was taken before runs, and what was begun goes on to its end.
    ///
    /// - Parameter isBusy: something holds a snapshot. On the tenant's thread.
    /// - Returns: whether nothing is left and nothing at all is let in any more.
    func park(whileBusy isBusy: Bool) -> Bool { mailbox.withLock { $0.park(.moving(id), whileBusy: isBusy) } }

    /// Puts the tenant at the end of its lane's queue.
    private func schedule() {
        guard !lane.submit(self) else { return }
        // More tenants have work than the lane has places, or the lane has shut down.
        let error = parts.life.isStopping ? TenantsError.shuttingDown : .busy(queue: "lane's queue")
        held?.work.refuse(error)
        parked?.refuse(error)
        (held, parked) = (nil, nil)
        while true {
            switch mailbox.withLock({ $0.next() }) {
            case .work(let work):
                parts.load.leave()
                work.refuse(error)
            case .reader(let reader): return reader.takeOver()
            case .tick: continue
            case .nothing:
                switch mailbox.withLock({ $0.endTurn() }) {
                case .idle: return
                case .reader(let reader): return reader.takeOver()
                case .again: continue
                }
            }
        }
    }

    // MARK: The lane

    package func run() {
        noteDuty()
        if let held {
            self.held = nil
            process(held.work)
            resumeWaiters()
        } else if let parked, !hasReaders {
            self.parked = nil
            process(parked)
            resumeWaiters()
        }
        turn: for _ in 0..<Self.worksPerTurn where held == nil && parked == nil {
            // The unit stepped aside: the lane has another thread, which takes the tenant's next works.
            if Lane.current == nil { break turn }
            switch mailbox.withLock({ $0.next() }) {
            case .work(let work):
                parts.load.leave()
                process(work)
                resumeWaiters()
            case .reader(let reader):
                noteState()
                return reader.takeOver()
            case .tick:
                // It may run works that had waited.
                tick()
            case .nothing: break turn
            }
        }
        endTurn()
    }

    /// Afterwards the calling thread is not on duty any more.
    func endTurn() {
        noteState()
        if let held { return parts.journal.whenDurable(held.lsn, GoOnWhenDurable(self)) }
        let intent: Mailbox.Intent = parked == nil ? .nothing : hasReaders ? .awaitReaders : .goOn
        switch mailbox.withLock({ $0.endTurn(intent) }) {
        case .idle: break
        case .again: schedule()
        case .reader(let reader): reader.takeOver()
        }
    }

    /// Called from a work's `handle`, which then returns true: it is called again, before anything else, when the LSN is
    /// durable.
    func hold(_ work: any TenantWork, until lsn: LSN) { held = (work, lsn) }

    /// Called from a work's `handle`: a work that closes or replaces the database must not do it under a reader.
    ///
    /// - Parameter recalling: the readers' statements are ended; else they have as long as they need.
    /// - Returns: whether somebody reads aside: `handle` must then return true at once, and is called again when all have come
    ///   back, before anything else.
    func mustAwaitReaders(recalling: Bool) -> Bool {
        guard hasReaders, let work = handling else { return false }
        if recalling { database?.readers.recall(.tenantLeaves) }
        parked = work
        return true
    }

    private var hasReaders: Bool { !(database?.readers.isEmpty ?? true) }

    fileprivate func goOn() { schedule() }

    private func process(_ work: any TenantWork) {
        if parts.life.isAbandoned { return work.refuse(.shuttingDown) }
        handling = work
        let isHandled = work.handle(self)
        handling = nil
        // Else it is called again, and is not over.
        if isHandled { return parked === work || held?.work === work ? () : finish(work, after: eventLSN) }
        do throws(TenantsError) {
            let database = try open()
            perform(work, on: database, as: nil)
        } catch {
            refuse(work, error)
        }
    }

    func perform(_ work: any TenantWork, on database: TenantDatabase, as waiter: WriteWaiters.Waiter?) {
        let before = database.newestLSN
        database.cancellation = work.cancellation
        defer { database.cancellation = nil }
        switch work.run(on: database) {
        case .done(let lsn):
            let isRead = database.newestLSN == before
            finish(work, after: isRead && parts.context.faults.readsDoNotWait ? .none : lsn)
        case .waitForWriter:
            guard waiters.add(work, as: waiter, now: parts.context.time.monotonic()) else {
                if case .done(let lsn)? = work.runWithoutWaiting(on: database) { return finish(work, after: lsn) }
                return refuse(work, .busy(queue: "tenant's queue"))
            }
            parts.load.enterUrgently()
            parts.opener.ticking.add(self)
        }
    }

    private func finish(_ work: any TenantWork, after lsn: LSN) {
        if lsn <= parts.journal.durableLSN || parts.context.faults.answerBeforeDurable {
            AnswerBatch.add(work)
        } else {
            parts.journal.whenDurable(lsn, ReleaseWhenDurable(work))
        }
    }

    /// That a tenant is there, or is not, tells of its creation or its drop.
    func refuse(_ work: any TenantWork, _ error: TenantsError) {
        if eventLSN <= parts.journal.durableLSN {
            work.refuse(error)
        } else {
            parts.journal.whenDurable(eventLSN, RefuseWhenDurable(work, error))
        }
    }

    private func open() throws(TenantsError) -> TenantDatabase {
        if let database { return database }
        let opened = try parts.opener.open(id, after: eventLSN)
        opened.host = self
        database = opened
        return opened
    }

    /// The tenant was made or dropped by this record.
    func noteEvent(_ lsn: LSN) { eventLSN = lsn }

    // MARK: Notes

    /// Whether the clock has anything to watch here, as of the last turn.
    var needsTicksHint: Bool { watched.load(ordering: .relaxed) }

    func noteDuty() { dutyThread = pthread_self() }
    /// For assertions.
    var isOnDuty: Bool { pthread_equal(dutyThread, pthread_self()) != 0 }

    func noteState() {
        let now = database?.memoryBytes ?? 0
        let before = memory.exchange(now, ordering: .relaxed)
        if now != before {
            parts.load.memory(changedBy: now - before)
            database?.recorder.load.holds(now)
        }
        let needsTicks =
            !waiters.isEmpty || database.map { !$0.streams.isEmpty || $0.readers.hasSpares } ?? false
        watched.store(needsTicks, ordering: .relaxed)
        if needsTicks { parts.opener.ticking.add(self) }
        if let database, database.wantsCheckpoint { parts.checkpoints.add(id) }
    }
}

/// What every tenant shares.
struct TenantParts: Sendable {
    let opener: TenantOpener
    let journal: Journal
    let load: NodeLoad
    let context: DatabaseContext
    let checkpoints: CheckpointRequests
    let life: EngineLife
}

/// Lets an answer leave when the journal has what it tells of.
private final class ReleaseWhenDurable: DurabilityWaiter {
    private let work: any TenantWork
    init(_ work: any TenantWork) { self.work = work }
    func becameDurable() { work.release() }
    func abandoned() { work.refuse(.outcomeUnknown) }
}

private final class RefuseWhenDurable: DurabilityWaiter {
    private let work: any TenantWork
    private let error: TenantsError

    init(_ work: any TenantWork, _ error: TenantsError) {
        self.work = work
        self.error = error
    }

    func becameDurable() { work.refuse(error) }
    func abandoned() { work.refuse(.outcomeUnknown) }
}

private final class GoOnWhenDurable: DurabilityWaiter {
    private let tenant: Tenant
    init(_ tenant: Tenant) { self.tenant = tenant }
    func becameDurable() { tenant.goOn() }
    func abandoned() { tenant.goOn() }
}
