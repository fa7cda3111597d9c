import Seams

/// One client's conversation with a tenant: in Hrana a stream. On the tenant's thread.
///
/// It costs no connection until it begins a transaction, makes a temp object or sets a session pragma; it keeps the
/// connection until that state is gone.
package final class TenantStream {
    package let id: UInt64
    /// Who opened it; nobody else may go on with it.
    package let principal: UInt64
    /// Counts the requests; a baton names the next one.
    package var sequence: UInt64 = 0
    /// Texts that the client stored by number.
    package var storedSQL: [Int32: String] = [:]
    /// A work of this stream is running, waiting or sending; no other may begin.
    package var isInUse = false
    /// A statement of this stream whose rows are only partly read. It keeps the stream's connection, not the stream.
    package private(set) var suspended: (any SuspendedRead)?
    /// Set by `BEGIN READONLY` until the transaction ends.
    var isReadOnlyTransaction = false
    var connection: GuardedConnection?
    var counters = CallerCounters()
    /// What its VACUUM waits for.
    var compaction: Compaction?
    var lastUse: Instant
    var transactionStarted: Instant?
    /// Why the transaction was rolled back over the caller's head; its statements fail with it until the caller ends it.
    var rolledBack: SQLFailure?

    init(id: UInt64, principal: UInt64, now: Instant) {
        self.id = id
        self.principal = principal
        lastUse = now
    }

    /// Nothing but its number would be lost if it were forgotten: any node can open it again.
    package var isClean: Bool { connection == nil && isCleanBesideReading }

    /// The same but for the statement that is being read.
    package var isCleanBesideReading: Bool {
        storedSQL.isEmpty && rolledBack == nil && !(connection?.holdsSessionState ?? false) && transactionStarted == nil
    }

    /// Leaves a statement open between two works of the stream.
    ///
    /// - Precondition: the stream has no other.
    package func suspend(_ read: any SuspendedRead) {
        precondition(suspended == nil, "a stream has one suspended statement")
        suspended = read
    }

    /// The owner of the suspended statement goes on with it.
    ///
    /// - Returns: false if it was ended meanwhile.
    package func takeUp(_ read: any SuspendedRead) -> Bool {
        guard suspended === read else { return false }
        suspended = nil
        return true
    }

    func endSuspended(_ reason: SuspensionEnd) {
        guard let read = suspended else { return }
        suspended = nil
        read.end(reason)
    }
}
