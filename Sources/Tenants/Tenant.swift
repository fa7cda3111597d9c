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
    // @unchecked: `database`, `waiters` belong to whoever runs the tenant, which the mailbox makes one thread at a time.
    package let id: TenantID
    let lane: Lane
    private let opener: TenantOpener
    private let journal: Journal
    private let load: NodeLoad
    private let context: DatabaseContext
    private let checkpoints: CheckpointRequests
    private let mailbox: Mutex<Mailbox>
    private var database: TenantDatabase?
    private var waiters = WriteWaiters()
    /// For the clock that finds idle tenants.
    let wasUsed = Atomic<Bool>(true)
    let memory = Atomic<Int>(0)
    private let watched = Atomic<Bool>(false)

    /// Works done before other tenants of the lane have their turn.
    private static let worksPerTurn = 8

    init(
        id: TenantID, lane: Lane, opener: TenantOpener, journal: Journal, load: NodeLoad, context: DatabaseContext,
        checkpoints: CheckpointRequests
    ) {
        self.id = id
        self.lane = lane
        self.opener = opener
        self.journal = journal
        self.load = load
        self.context = context
        self.checkpoints = checkpoints
        mailbox = Mutex(Mailbox(bound: context.settings.tenantQueue))
    }

    // MARK: Any thread

    /// - Returns: nil if the work was taken; it will be run, released or refused. `.retry` if the tenant was being
    ///   evicted: look it up again.
    func submit(_ work: any TenantWork, isUrgent: Bool = false) -> Mailbox.Refusal? {
        let answer = mailbox.withLock { $0.add(work, isUrgent: isUrgent) }
        switch answer {
        case .queued: return nil
        case .refused(let refusal): return refusal
        case .schedule:
            wasUsed.store(true, ordering: .relaxed)
            // A lane has room for every tenant; it refuses only when it shuts down.
            if !lane.submit(self) { refuseAll() }
            return nil
        }
    }

    /// Refuses new works with this error from now on; nil opens the mailbox again.
    func bar(_ error: TenantsError?) { mailbox.withLock { $0.barred = error } }

    // MARK: The lane

    package func run() {
        for _ in 0..<Self.worksPerTurn {
            guard let work = mailbox.withLock({ $0.next() }) else { break }
            load.leave()
            process(work)
            resumeWaiters()
            // The unit stepped aside: the lane has another thread, which takes the tenant's next works.
            if !Lane.isOnLane { break }
        }
        noteMemory()
        if mailbox.withLock({ $0.endTurn() }), !lane.submit(self) { refuseAll() }
    }

    private func process(_ work: any TenantWork) {
        if work.handle(self) {
            finish(work, after: .none)
            return
        }
        do throws(TenantsError) {
            let database = try open()
            if let reason = database.recorder.damage { throw .damaged(id, reason: reason) }
            perform(work, on: database, since: nil)
        } catch {
            work.refuse(error)
        }
    }

    private func perform(_ work: any TenantWork, on database: TenantDatabase, since: Instant?) {
        switch work.run(on: database) {
        case .done(let lsn): finish(work, after: lsn)
        case .waitForWriter:
            let now = context.time.monotonic()
            waiters.add(work, since: since ?? now)
            opener.ticking.add(self)
        }
    }

    private func finish(_ work: any TenantWork, after lsn: LSN) {
        if lsn <= journal.durableLSN {
            AnswerBatch.add(work)
        } else {
            journal.whenDurable(lsn, ReleaseWhenDurable(work))
        }
    }

    private func open() throws(TenantsError) -> TenantDatabase {
        if let database { return database }
        let opened = try opener.open(id)
        database = opened
        return opened
    }

    // MARK: Waiting writers

    /// In the order in which they came, as long as nobody writes.
    private func resumeWaiters() {
        guard let database, !waiters.isEmpty else { return }
        var attempts = waiters.count
        while attempts > 0, database.writer(otherThan: nil) == nil, let waiter = waiters.takeFirst() {
            attempts -= 1
            perform(waiter.work, on: database, since: waiter.since)
        }
    }

    /// On the clock: ends overdue streams and transactions that others have waited for too long.
    func tick(_ database: TenantDatabase) {
        let now = context.time.monotonic()
        let settings = context.settings
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
            database.discardConnection(of: holder)
            holder.wasTimedOut = true
        }
        for waiter in waiters.takeOverdue(now: now) { perform(waiter.work, on: database, since: waiter.since) }
        resumeWaiters()
    }

    /// Whether the clock has anything to watch here.
    private var needsTicks: Bool { !waiters.isEmpty || !(database?.streams.isEmpty ?? true) }

    /// The same as of the last turn, for other threads.
    var needsTicksHint: Bool { watched.load(ordering: .relaxed) }

    // MARK: Closing

    /// Closes the database if the tenant has nothing to do; its state goes back to the census.
    ///
    /// - Returns: false if somebody needs it, or its log could not be emptied.
    func closeIfIdle(_ force: Bool) -> Bool {
        guard let open = database else { return true }
        if force { open.closeStreams() } else { open.forgetCleanStreams() }
        guard open.streams.isEmpty, waiters.isEmpty else { return false }
        open.releaseSpare()
        guard open.file.logBytes == 0 else { return false }
        opener.didClose(open)
        database = nil
        memory.store(0, ordering: .relaxed)
        return true
    }

    /// After a drop or a replacement: the old file is nobody's any more.
    func abandonDatabase() {
        guard let open = database else { return }
        open.closeStreams()
        waiters.removeAll().forEach { $0.work.refuse(.moving(id)) }
        opener.didAbandon(open)
        database = nil
    }

    var openDatabase: TenantDatabase? { database }

    /// At shutdown: open transactions are rolled back, waiting works refused.
    func endStreams() {
        waiters.removeAll().forEach { $0.work.refuse(.shuttingDown) }
        database?.closeStreams()
    }

    /// The mailbox refuses everything from now on and tells submitters to look again.
    func retireIfEmpty() -> Bool { mailbox.withLock { $0.retireIfEmpty() } }

    private func noteMemory() {
        guard let database else { return }
        let now = database.memoryBytes
        let before = memory.exchange(now, ordering: .relaxed)
        load.memory(changedBy: now - before)
        watched.store(needsTicks, ordering: .relaxed)
        if needsTicks { opener.ticking.add(self) }
        if database.file.logBytes >= context.settings.checkpointLogBytes { checkpoints.add(id) }
    }

    private func refuseAll() {
        while let work = mailbox.withLock({ $0.next() }) {
            load.leave()
            work.refuse(.shuttingDown)
        }
        _ = mailbox.withLock { $0.endTurn() }
    }
}

/// Lets an answer leave when the journal has what it tells of.
private final class ReleaseWhenDurable: DurabilityWaiter {
    private let work: any TenantWork
    init(_ work: any TenantWork) { self.work = work }
    func becameDurable() { work.release() }
}
