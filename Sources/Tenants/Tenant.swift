import Journal
import Lanes
import SQLiteKit
import Seams
import Synchronization
package import Vocabulary

/// One tenant as the node holds it: a mailbox that any thread may write to, and a database that lives on a lane.
///
/// The mailbox decides; at most one thread works on a tenant at a time, whichever thread has the lane's duty.
package final class Tenant: LaneUnit, @unchecked Sendable {
    // @unchecked: `database`, `waiters`, `eventLSN`, `held` belong to whoever runs the tenant, which the mailbox makes one thread
    // at a time.
    package let id: TenantID
    private let lane: Lane
    private let parts: TenantParts
    private let mailbox: Mutex<Mailbox>
    private var database: TenantDatabase?
    private var waiters: WriteWaiters
    /// The newest record that made or dropped the tenant: until it is durable nobody may hear of it (rule J1).
    private var eventLSN = LSN.none
    /// A work that goes on when everything before it is durable; the tenant does nothing meanwhile.
    private var held: (work: any TenantWork, lsn: LSN)?
    /// For the clock that finds idle tenants.
    let wasUsed = Atomic<Bool>(true)
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

    /// Refuses new works with this error from now on; nil opens the mailbox again.
    func bar(_ error: TenantsError?) { mailbox.withLock { $0.barred = error } }

    /// The same, if it is barred as `old` says: an end of the engine stays an end.
    func bar(_ error: TenantsError?, replacing old: TenantsError?) {
        mailbox.withLock { if $0.barred == old { $0.barred = error } }
    }

    /// Puts the tenant at the end of its lane's queue.
    private func schedule() {
        guard !lane.submit(self) else { return }
        // More tenants have work than the lane has places, or the lane has shut down.
        let error = parts.life.isStopping ? TenantsError.shuttingDown : .busy(queue: "lane's queue")
        held?.work.refuse(error)
        held = nil
        repeat {
            while let work = mailbox.withLock({ $0.next() }) {
                parts.load.leave()
                work.refuse(error)
            }
        } while mailbox.withLock { $0.endTurn() }
    }

    // MARK: The lane

    package func run() {
        if let held {
            self.held = nil
            process(held.work)
        }
        for _ in 0..<Self.worksPerTurn where held == nil {
            guard let work = mailbox.withLock({ $0.next() }) else { break }
            parts.load.leave()
            process(work)
            resumeWaiters()
            // The unit stepped aside: the lane has another thread, which takes the tenant's next works.
            if Lane.current == nil { break }
        }
        noteState()
        if let held { return parts.journal.whenDurable(held.lsn, GoOnWhenDurable(self)) }
        if mailbox.withLock({ $0.endTurn() }) { schedule() }
    }

    /// Called from a work's `handle`, which then returns true: it is called again, before anything else, when the LSN is
    /// durable.
    func hold(_ work: any TenantWork, until lsn: LSN) { held = (work, lsn) }

    fileprivate func goOn() { schedule() }

    private func process(_ work: any TenantWork) {
        if parts.life.isAbandoned { return work.refuse(.shuttingDown) }
        if work.handle(self) { return finish(work, after: eventLSN) }
        do throws(TenantsError) {
            let database = try open()
            if let reason = database.recorder.damage { throw .damaged(id, reason: reason) }
            perform(work, on: database, as: nil)
        } catch {
            refuse(work, error)
        }
    }

    private func perform(_ work: any TenantWork, on database: TenantDatabase, as waiter: WriteWaiters.Waiter?) {
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
    private func refuse(_ work: any TenantWork, _ error: TenantsError) {
        if eventLSN <= parts.journal.durableLSN {
            work.refuse(error)
        } else {
            parts.journal.whenDurable(eventLSN, RefuseWhenDurable(work, error))
        }
    }

    private func open() throws(TenantsError) -> TenantDatabase {
        if let database { return database }
        let opened = try parts.opener.open(id, after: eventLSN)
        database = opened
        return opened
    }

    /// The tenant was made or dropped by this record.
    func noteEvent(_ lsn: LSN) { eventLSN = lsn }

    // MARK: Waiting writers

    /// In the order in which they came, as long as nobody writes.
    private func resumeWaiters() {
        guard let database, !waiters.isEmpty, database.hold != .frozen else { return }
        var attempts = waiters.count
        while attempts > 0, database.writer(otherThan: nil) == nil, let waiter = waiters.takeFirst() {
            attempts -= 1
            parts.load.leave()
            perform(waiter.work, on: database, as: waiter)
        }
    }

    private func refuseWaiters(_ error: TenantsError) {
        for waiter in waiters.removeAll() {
            parts.load.leave()
            refuse(waiter.work, error)
        }
    }

    /// On the clock: ends overdue streams and transactions that others have waited for too long.
    func tick(_ database: TenantDatabase) {
        let now = parts.context.time.monotonic()
        let settings = parts.context.settings
        for stream in database.streams.abandoned(now: now, idle: settings.cursorIdle) { stream.endSuspended(.idle) }
        let overdue = database.streams.overdue(
            now: now, idle: settings.streamIdle, transactionIdle: settings.transactionIdle)
        for stream in overdue {
            database.streams.noteExpiry(of: stream, now: now)
            database.close(stream)
        }
        if !waiters.isEmpty, let holder = database.writer(otherThan: nil), let started = holder.transactionStarted,
            now.nanoseconds(since: started) >= settings.transactionWait
        {
            database.endTransaction(of: holder)
            holder.wasTimedOut = true
        }
        // One that waits again is not asked again now.
        for _ in 0..<waiters.count {
            guard let waiter = waiters.takeOverdue(now: now) else { break }
            parts.load.leave()
            perform(waiter.work, on: database, as: waiter)
        }
        resumeWaiters()
    }

    /// Whether the clock has anything to watch here, as of the last turn.
    var needsTicksHint: Bool { watched.load(ordering: .relaxed) }

    // MARK: Closing

    /// Closes the database if nobody needs it; its facts go back to the census. Streams without state go too: their
    /// batons open them again.
    ///
    /// - Returns: false if somebody needs it, or its log could not be emptied.
    func closeIfIdle() -> Bool {
        guard let open = database else { return eventLSN <= parts.journal.durableLSN }
        guard waiters.isEmpty, open.isIdle else { return false }
        open.forgetCleanStreams()
        open.releaseSpare()
        guard open.file.logBytes == 0 else { return false }
        parts.opener.didClose(open)
        database = nil
        return true
    }

    /// After a drop or a replacement: the old file is nobody's any more.
    func abandonDatabase() {
        refuseWaiters(.moving(id))
        guard let open = database else { return }
        open.recorder.abandon()
        open.closeStreams()
        parts.opener.didAbandon(open)
        database = nil
    }

    var openDatabase: TenantDatabase? { database }

    /// At shutdown: open transactions are rolled back, waiting works refused.
    func endStreams() {
        refuseWaiters(.shuttingDown)
        database?.closeStreams()
    }

    /// The mailbox refuses everything from now on and tells submitters to look again.
    func retireIfEmpty() -> Bool { mailbox.withLock { $0.retireIfEmpty() } }

    /// When the threads are gone: what the tenant holds in memory goes, the disk stays as it is.
    func letGo() {
        refuseWaiters(.shuttingDown)
        if let open = database {
            open.recorder.abandon()
            open.closeStreams()
            parts.opener.didAbandon(open)
            database = nil
        }
        noteState()
    }

    private func noteState() {
        let now = database?.memoryBytes ?? 0
        let before = memory.exchange(now, ordering: .relaxed)
        if now != before { parts.load.memory(changedBy: now - before) }
        let needsTicks = !waiters.isEmpty || !(database?.streams.isEmpty ?? true)
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
