package import Rebalancing
package import Tenants

/// What a source asks of its target. The real one calls over HTTP; a test may lose, delay and repeat.
package protocol MovePeers: Sendable {
    /// Sends the whole file; when this returns the target has synced it and read it back. Safe to repeat.
    ///
    /// - Throws: any error, after which the target may or may not have it.
    func sendBase(_ offer: MoveOffer, _ pages: TenantPages, to address: String, timeout: Duration) async throws
    /// Where the target's copy stands, after its sync.
    ///
    /// - Throws: any error.
    func position(_ offer: MoveOffer, at address: String, timeout: Duration) async throws -> MovePosition
    /// The row may have changed: look at it now.
    ///
    /// - Throws: any error, which does no harm.
    func hint(_ offer: MoveOffer, at address: String, timeout: Duration) async throws
}
