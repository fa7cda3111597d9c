import Synchronization

/// How a slow read leaves its tenant to others and comes back: the duty goes to another thread and returns.
extension Tenant {
    /// Whether others may have the tenant while the work that runs now goes on with a read: not if something waits for just that to
    /// end.
    var mayGoOnMeanwhile: Bool { parked == nil }

    /// Asked by the statement that runs, which then ends: one such answer for each time that it was wanted.
    func takeYield() -> Bool {
        mustYield.load(ordering: .relaxed) && mustYield.exchange(false, ordering: .relaxed)
    }

    /// Something waits for its turn.
    var hasWorks: Bool { mailbox.withLock { !$0.isEmpty } || !waiters.isEmpty }

    /// A slow read has ended and waits to come back.
    var hasReturningReader: Bool { mailbox.withLock { $0.hasReturning } }

    /// From within a work: the tenant's next works run on another thread, and this thread may use nothing of it until
    /// `waitForDuty` has returned.
    func goOnMeanwhile() {
        noteReaders(changedBy: 1)
        endTurn()
    }

    /// Blocks until the thread on duty has reached the end of a work. The calling thread is on duty then.
    func waitForDuty() {
        let reader = ReturningReader()
        if !mailbox.withLock({ $0.comeBack(reader) }) { reader.wait() }
        noteDuty()
    }

    func noteReaders(changedBy amount: Int) { parts.load.readers(changedBy: amount) }
}
