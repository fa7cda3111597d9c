package import Vocabulary

/// Whose record it is, and where it stands in that tenant's history. All of it is the caller's to decide.
package struct RecordStamp: Hashable, Sendable {
    package var tenant: TenantID
    package var generation: Generation
    package var epoch: Epoch
    /// The TxID after the record: dense and strictly increasing for commits (rule J7), unchanged for the other kinds.
    package var txid: TxID
    /// Never goes back within a tenant.
    package var time: WallTime

    package init(tenant: TenantID, generation: Generation, epoch: Epoch, txid: TxID, time: WallTime) {
        self.tenant = tenant
        self.generation = generation
        self.epoch = epoch
        self.txid = txid
        self.time = time
    }
}
