/// The newest durable facts about one tenant's file: what rule J3 keeps in the node state database, and what a copy is
/// compared by.
package struct TenantState: Hashable, Sendable {
    package var generation: Generation
    package var epoch: Epoch
    package var txid: TxID
    package var time: WallTime
    /// Size of the database in pages of 4096 bytes.
    package var pageCount: UInt32
    /// XOR over all pages of `PageHash`; two equal copies have equal checksums. Detects accidents, not attackers.
    package var checksum: UInt64

    package init(
        generation: Generation, epoch: Epoch, txid: TxID, time: WallTime, pageCount: UInt32, checksum: UInt64
    ) {
        self.generation = generation
        self.epoch = epoch
        self.txid = txid
        self.time = time
        self.pageCount = pageCount
        self.checksum = checksum
    }
}
