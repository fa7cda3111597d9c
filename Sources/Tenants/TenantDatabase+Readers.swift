import SQLiteKit
import Seams

/// Slow reads run aside: they keep their connection, their snapshot and their thread, and the tenant goes on with others, on another
/// thread and, in place of a shared connection, another one.
extension TenantDatabase {
    /// Whether the statement, which runs on the connection now, may leave the tenant to others. Asked again at each look while it is
    /// slow.
    func place(for guarded: GuardedConnection, _ statement: CachedStatement) -> ReaderPlace {
        // A freeze waits for readers as for writers; none is to be added then.
        guard readers.limit > 0, hold != .closing, statement.mayRunAside, !guarded.isWriting, host.mayGoOnMeanwhile
        else { return .none }
        // One that has ended and waits for this thread to come back leaves its place.
        return readers.isFull && !host.hasReturningReader ? .taken : .free
    }

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
}
