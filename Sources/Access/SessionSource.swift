/// Where sessions are read that are not remembered: the catalog, behind whoever fills this.
package protocol SessionSource: Sendable {
    /// - Parameter digest: SHA-256 of the token.
    /// - Throws: `AccessError`, `tokenInvalid` or `tokenExpired` for one that is good for nothing, now and for ever;
    ///   `catalogUnavailable` where nobody can tell now.
    func session(of digest: [UInt8]) async throws(AccessError) -> SessionGrant
}
