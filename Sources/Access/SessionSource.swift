/// Where sessions are read that are not remembered: the catalog, behind whoever fills this.
package protocol SessionSource: Sendable {
    /// - Parameter digest: SHA-256 of the token.
    /// - Returns: nil where no session has this token, nor ever had.
    /// - Throws: `AccessError`, `tokenInvalid` for one that was ended, `tokenExpired` for one whose time is over; `catalogUnavailable`
    ///   where nobody can tell now.
    func session(of digest: [UInt8]) async throws(AccessError) -> SessionGrant?
}
