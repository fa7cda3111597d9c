package import Seams
package import Vocabulary

/// One piece of a caller's work on one tenant. It runs on the tenant's thread, alone; it may stop half-way to wait for its
/// turn and is then run again from where it stopped.
package protocol TenantWork: AnyObject, Sendable {
    /// Must not block and must not keep the database.
    func run(on database: TenantDatabase) -> WorkOutcome

    /// For works that want the tenant as it is, open or not.
    ///
    /// - Returns: whether all was done here; else the tenant is opened and `run` called.
    func handle(_ tenant: Tenant) -> Bool

    /// The work did not run, or not to its end: the engine refused it. Any thread; called instead of `release`.
    func refuse(_ error: TenantsError)

    /// A work that waits for another's transaction is run again at this time at the latest, writer or not; it then says
    /// itself that it is too late. Read on the tenant's thread.
    var deadline: Instant { get }

    /// It has to wait, but too many wait already: run it again so that it ends now, with an answer that says so.
    ///
    /// - Returns: nil for works that cannot; they are refused.
    func runWithoutWaiting(on database: TenantDatabase) -> WorkOutcome?

    /// Through it whoever waits for the answer says that he does no more; nil for works that always run to their end.
    var cancellation: WorkCancellation? { get }

    /// Nothing of it has run and nothing is kept for it, so that it may be refused where it waits. Any thread.
    var mayBeWithdrawn: Bool { get }

    /// It goes on with what an earlier run of it has begun, so that this comes to its end. Any thread.
    var goesOn: Bool { get }

    /// What the work waited for has come: its answer may leave. On a lane's thread or the journal's; must not block.
    func release()
}

package enum WorkOutcome: Sendable {
    /// The answer is ready and may leave when this LSN is durable (rule J1).
    case done(after: LSN)
    /// Another stream's transaction is writing. Run me again when it has ended.
    case waitForWriter
}

extension TenantWork {
    package func handle(_ tenant: Tenant) -> Bool { false }
    package var deadline: Instant { .distantFuture }
    package var cancellation: WorkCancellation? { nil }
    package var mayBeWithdrawn: Bool { false }
    package var goesOn: Bool { false }
    package func runWithoutWaiting(on database: TenantDatabase) -> WorkOutcome? { nil }
}
