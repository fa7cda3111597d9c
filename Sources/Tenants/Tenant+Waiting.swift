import Seams

/// Works that wait for another's transaction, and what waits too long. On the tenant's thread.
extension Tenant {
    /// In the order in which they came, as long as nobody writes.
    func resumeWaiters() {
        guard let database, !waiters.isEmpty, database.hold != .frozen, parked == nil else { return }
        var attempts = waiters.count
        while attempts > 0, database.writer(otherThan: nil) == nil, let waiter = waiters.takeFirst() {
            attempts -= 1
            parts.load.leave()
            perform(waiter.work, on: database, as: waiter)
        }
    }

    func refuseWaiters(_ error: TenantsError) {
        for waiter in waiters.removeAll() {
            parts.load.leave()
            refuse(waiter.work, error)
        }
    }

    /// On the clock: ends overdue streams and transactions that others have waited for too long.
    func tick() {
        guard let database, !parts.life.isAbandoned else { return }
        database.releaseIdle()
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
            holder.rolledBack = .transactionTimedOut
        }
        // One that waits again is not asked again now.
        for _ in 0..<waiters.count {
            guard let waiter = waiters.takeOverdue(now: now) else { break }
            parts.load.leave()
            perform(waiter.work, on: database, as: waiter)
        }
        resumeWaiters()
    }
}
