package import Vocabulary

/// What happens to a move, as its source hears of it.
package enum MoveEvent: Equatable, Sendable {
    case start

    /// Answers to `prepare`.
    case prepared(Placement)
    case prepareRefused(String)
    case prepareUnknown

    /// The target has the whole base.
    case baseCopied
    /// What is left to stream fits the pause that was allowed.
    case tailShort
    /// Writes are parked and the last writer is done: the tenant stands here.
    case frozen(MovePosition)
    case freezeFailed(String)
    /// The target has synced so far, with the checksum of pages that it read back.
    case targetSynced(MovePosition)
    /// The last reader is done.
    case readsParked

    /// Answers to `commit` besides `settled` and `rowDiffers`: the row is as prepared, but a node is not.
    case commitRefused
    case commitUnknown

    /// A compare-and-set (commit, abort, finish) was done; this is the row after it.
    case settled(Placement)
    /// A compare-and-set found another row; nil where it is gone.
    case rowDiffers(Placement?)
    /// It is not known whether an abort or a finish was done.
    case settleUnknown

    /// A fresh read of the row.
    case rowSeen(Placement?)
    case rowUnreadable

    /// The tombstone is synced, what was parked went on to the new owner.
    case released
    /// The step's budget is used up.
    case timeout
    case cancel
    case targetFailed(String)
    /// What this node has to do for the move it cannot do.
    case sourceFailed(String)
}

/// What the source does next; one at a time.
package enum MoveAction: Equatable, Sendable {
    case none
    /// Compare-and-set the row to moving.
    case prepare
    /// Send the whole file; the target then has the base.
    case copyBase
    /// Send what has changed since, until what is left fits the pause that is allowed.
    case streamTail
    /// Park writes, in memory only; let the last writer finish.
    case freeze
    /// Tell the target where the tenant stands and wait for its position.
    case awaitTarget(MovePosition)
    case parkReads
    /// Compare-and-set the owner, naming this process's incarnation (rule R2).
    case commit(version: UInt64, MovePosition)
    case readRow(afterMilliseconds: Int)
    /// Compare-and-set the row back to stable; with `thaw`, let parked requests run first.
    case abortRow(version: UInt64, thaw: Bool, MoveAbort)
    /// The move is over, this node owns the tenant as before: parked requests run here.
    case resume(MoveAbort)
    /// Another epoch rules: make this copy a tombstone, send what is parked to the row's owner.
    case release(Placement)
    /// Compare-and-set the row to stable.
    case finish(Placement)
    /// The move is over, the target owns the tenant.
    case over
    /// Serve the tenant no more, and raise an alarm.
    case halt(MoveHalt)
}
