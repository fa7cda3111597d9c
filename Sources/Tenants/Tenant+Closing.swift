import Journal
import SQLiteKit
import Synchronization

/// How a tenant's database is closed, in order or because it is nobody's any more. On the tenant's thread, with no reader aside.
extension Tenant {
    /// Closes the database if nobody needs it; its facts go back to the census. Streams without state go too: their
    /// batons open them again.
    ///
    /// - Returns: false if somebody needs it, or its log could not be emptied.
    func closeIfIdle() -> Bool {
        guard let open = database else { return eventLSN <= parts.journal.durableLSN }
        guard waiters.isEmpty, open.isIdle else { return false }
        open.forgetCleanStreams()
        open.releaseSpares()
        guard open.file.logBytes == 0 else { return false }
        parts.opener.didClose(open)
        database = nil
        return true
    }

    /// Its file is not what its commits made it: it stays as it is and is served no more. With no reader aside.
    func quarantine(_ census: Census) {
        let reason = "its pages do not have the checksum that its commits gave"
        census.markDamaged(id, reason)
        abandonDatabase(.damaged(id, reason: reason))
    }

    /// After a drop or a replacement: the old file is nobody's any more.
    ///
    /// - Parameter error: for those that wait; nil tells them to look again.
    func abandonDatabase(_ error: TenantsError? = nil) {
        refuseWaiters(error ?? .moving(id))
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
        noteDuty()
        refuseWaiters(.shuttingDown)
        if let open = database {
            open.recorder.abandon()
            open.closeStreams()
            parts.opener.didAbandon(open)
            database = nil
        }
        noteState()
    }
}
