package import Vocabulary

/// Begins moves at whoever owns the tenant.
package protocol MoveStarter: Sendable {
    /// - Parameter version: of the placement row; where it is another by then, nothing is begun.
    /// - Returns: the move's id.
    func begin(
        _ tenant: TenantID, from owner: NodeID, to target: NodeID, version: UInt64
    ) async throws(MoveNotBegun) -> String
}

/// Why a move was not begun.
package enum MoveNotBegun: Error, Equatable, Sendable {
    /// It is worth asking again soon.
    case busy(String)
    /// Nobody knows whether it was; the placement row tells.
    case unknown(String)
    case refused(String)
}
