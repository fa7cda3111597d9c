/// Rules of the engine that a proof may break on purpose, to show that its checks notice. All off outside of proofs.
package struct EngineFaults: Sendable {
    /// Breaks rule J1: answers leave before the commits that they tell of are durable.
    package var answerBeforeDurable = false
    /// Breaks rule J1 for answers that change nothing: reads and errors do not wait.
    package var readsDoNotWait = false
    /// Breaks rule J2: commits that the journal does not have yet are copied into the tenant's file.
    package var checkpointUndurable = false
    /// Breaks rule J3: copied pages count without having been synced.
    package var settleBeforeSync = false
    /// Breaks rule J3: the recovery point passes tenants whose file is not up to date.
    package var passDirtyTenants = false
    /// Breaks a bound: a reader keeps the journal for as long as it likes.
    package var neverRefresh = false
    /// Breaks rule J3: the recovery point passes commits whose refresh is not durable yet.
    package var passRefreshes = false
    /// Breaks rule J3: the node state is not told what the files hold before the recovery point moves.
    package var skipNodeState = false
    /// Breaks rule J4: a log file that somebody put beside a tenant's file stays there.
    package var leaveForeignLogs = false
    /// Breaks rule J6: a failed sync of tenants' files is tried again as if nothing had happened.
    package var retryFailedSync = false
    /// Breaks rule J7: a rolled-back transaction uses up a TxID.
    package var countRollbacks = false
    /// Breaks rule J7: a commit's wall time may lie before the one of the commit before it.
    package var timeMayGoBack = false
    /// Breaks rule J8: a tenant that is made again gets the generation of the one before.
    package var reuseGeneration = false
    /// Breaks rule J8: a missing file is made anew.
    package var recreateMissing = false

    /// Breaks rule J8: a compacted file counts without having been synced.
    package var switchBeforeSync = false

    package init() {}
}
