package import Rebalancing
package import Tenants

/// What a source asks of its target. The real one calls over HTTP; a test may lose, delay and repeat.
package protocol MovePeers: Sendable {
    /// Sends a piece of the file; pieces are sent in order, the next when this has returned. Safe to repeat.
    ///
    /// - Throws: any error, after which the target may or may not have it.
    func send(
        _ piece: [UInt8], at offset: Int64, _ offer: MoveOffer, to address: String, timeout: Duration) async throws
    /// Every piece was sent: when this returns the target has synced the file and read it back. Safe to repeat. A copy that is
    /// followed goes on from there.
    ///
    /// - Throws: any error.
    func finish(_ offer: MoveOffer, at address: String, timeout: Duration) async throws
    /// Sends pages that have changed since the base was read; batches are sent in order, the next when this has returned. Safe
    /// to repeat.
    ///
    /// - Parameter number: of the batch, from 1.
    /// - Throws: any error, after which the target may or may not have them.
    func follow(
        _ batch: PageBatch, _ number: UInt64, _ offer: MoveOffer, to address: String, timeout: Duration) async throws
    /// Where the target's copy stands, after its sync. For one that is followed, everything was sent: it is what the offer
    /// says, or it is not the same.
    ///
    /// - Throws: any error.
    func position(_ offer: MoveOffer, at address: String, timeout: Duration) async throws -> MovePosition
    /// The row may have changed: look at it now.
    ///
    /// - Throws: any error, which does no harm.
    func hint(_ offer: MoveOffer, at address: String, timeout: Duration) async throws
}
