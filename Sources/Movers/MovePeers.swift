package import Rebalancing

/// What a source asks of its target. The real one calls over HTTP; a test may lose, delay and repeat.
package protocol MovePeers: Sendable {
    /// Sends a piece of the file; pieces are sent in order, the next when this has returned. Safe to repeat.
    ///
    /// - Throws: any error, after which the target may or may not have it.
    func send(
        _ piece: [UInt8], at offset: Int64, _ offer: MoveOffer, to address: String, timeout: Duration) async throws
    /// Every piece was sent: when this returns the target has synced the file and read it back. Safe to repeat.
    ///
    /// - Throws: any error.
    func finish(_ offer: MoveOffer, at address: String, timeout: Duration) async throws
    /// Where the target's copy stands, after its sync.
    ///
    /// - Throws: any error.
    func position(_ offer: MoveOffer, at address: String, timeout: Duration) async throws -> MovePosition
    /// The row may have changed: look at it now.
    ///
    /// - Throws: any error, which does no harm.
    func hint(_ offer: MoveOffer, at address: String, timeout: Duration) async throws
}
