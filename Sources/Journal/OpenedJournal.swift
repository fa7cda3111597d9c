package import Vocabulary

/// What opening gives: the running journal, and the recovery that has to run before anything else uses the tenants.
package struct OpenedJournal: Sendable {
    package let journal: Journal
    package let recovery: Recovery
    package let report: OpenReport
}

/// What was found.
package struct OpenReport: Hashable, Sendable {
    /// Everything up to it was in the tenants' files already.
    package var recoveryPoint: LSN
    /// The last record that counts.
    package var lastLSN: LSN
    /// Records that nothing witnessed as durable and that were therefore written again (rule J6).
    package var rehomed: Int
    /// Set if records were lost and the loss was accepted.
    package var accepted: JournalDamage?
}
