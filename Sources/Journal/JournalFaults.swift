/// Rules of the journal that a proof may break on purpose, to show that its checks notice. All off outside of proofs.
package struct JournalFaults: Sendable {
    /// Breaks "durable before acknowledged": publishes the LSN before the sync.
    package var acknowledgeBeforeSync = false
    /// Breaks rule J5: a small flush is joined with the one before it in the same block.
    package var rewriteAcknowledgedBlock = false
    /// Breaks the rule of pages beyond the previous page count: they are stored as ranges where an old image exists.
    package var rangesAcrossShrink = false
    /// Breaks rule J8: recovery applies records of every generation to the newest one's file.
    package var ignoreGeneration = false
    /// Breaks rule J6: recovery counts records above the last witnessed LSN where they lie.
    package var skipRehome = false
    /// Breaks rule J5: flush headers are checked without their segment's salt.
    package var unsaltedFlushes = false
    /// Breaks rule J3: the recovery point frees segments before its manifest is synced.
    package var freeBeforeManifest = false
    /// Breaks rule J4: the file's size is set once, after the last record, instead of after each.
    package var sizeOnlyAtEnd = false

    package init() {}
}
