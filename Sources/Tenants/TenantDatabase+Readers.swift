import SQLiteKit
import Seams

/// Slow reads run aside: they keep their connection, their snapshot and their thread, and the tenant goes on with others, on another
/// thread and, in place of a shared connection, another one.
extension TenantDatabase {
    /// Whether the statement, which runs on the connection now, may leave the tenant to others. Asked again at each look while it is
    /// slow.
    func place(for guarded: GuardedConnection, _ statement: CachedStatement) -> ReaderPlace {
        guard readers.limit > 0, statement.mayRunAside, !guarded.isWriting, host.mayGoOnMeanwhile else { return .none }
        // A freeze waits for readers as for writers: no new one is added, unless it would keep everybody waiting.
        if hold == .closing, now.nanoseconds(since: guarded.watch.started) < readerPatience { return .none }
        // One that has ended and waits for this thread to come back leaves its place.
        return readers.isFull && !host.hasReturningReader ? .taken : .free
    }

    func mustYield() -> Bool { host.takeYield() }
    var isWaitedFor: Bool { host.hasWorks }
    var readerPatience: UInt64 { context.settings.readerPatience }

    /// From within the statement's step: afterwards the tenant is others', and the connection this thread's alone.
    func letAside(_ guarded: GuardedConnection) {
        guarded.connection.setMayWrite(false)
        guarded.isAside = true
        readers.leave(guarded)
        if guarded === sharedConnection { sharedConnection = nil }
        host.goOnMeanwhile()
    }

    /// Waits until the tenant is this thread's again.
    func comeBack(_ guarded: GuardedConnection) {
        host.waitForDuty()
        guarded.isAside = false
        guarded.connection.setMayWrite(true)
        readers.comeBack(guarded, now: now)
        host.noteReaders(changedBy: -1)
    }

    /// A statement has ended on a connection that is not its stream's.
    func giveBackShared(_ guarded: GuardedConnection) {
        guard guarded !== sharedConnection, guarded.isShared, guarded.isClean else { return }
        if sharedConnection == nil { sharedConnection = guarded } else { readers.keep(guarded) }
    }

    // MARK: Old snapshots

    /// Reads that began later are ended only if there is none that began earlier.
    private static let expiringAge: UInt64 = 1_000_000_000

    /// Ends reads whose snapshots keep the log from being copied, the old ones first. Those aside have ended when they have noticed, all
    /// others at once; what writes is left alone.
    func expireReaders() {
        let limit = now.nanoseconds > Self.expiringAge ? Instant(nanoseconds: now.nanoseconds - Self.expiringAge) : now
        let idle = streams.all.filter { !$0.isInUse && $0.readsSince != nil }
        let hasOld = readers.aside.contains { $0.watch.started <= limit } || idle.contains { $0.readsSince! <= limit }
        for guarded in readers.aside where !hasOld || guarded.watch.started <= limit { guarded.watch.recall(.expired) }
        for stream in idle where !hasOld || stream.readsSince! <= limit { expire(stream) }
    }

    private func expire(_ stream: TenantStream) {
        stream.endSuspended(.expired)
        guard let own = stream.connection, !own.isAutocommit, !own.isWriting else { return }
        endTransaction(of: stream)
        stream.rolledBack = .readExpired
    }
}

extension TenantStream {
    /// Since when a stream that no work uses may hold a snapshot.
    fileprivate var readsSince: Instant? {
        guard connection != nil, suspended != nil || transactionStarted != nil else { return nil }
        return transactionStarted ?? lastUse
    }
}
