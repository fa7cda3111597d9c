package import Vocabulary

/// One move that a plan wants.
package struct PlanRow: Codable, Equatable, Sendable {
    package var tenant: TenantID
    /// Of its placement row when the plan was made; applied only while it is the same.
    package var version: UInt64
    package var from: NodeID
    package var to: NodeID
    package var reason: Reason
    /// Of its source's moves: those of a round begin when all of the rounds before have ended.
    package var round: Int
    package var bytes: Int64
    /// Predicted for the copy.
    package var duration: Duration
    /// Predicted for its writers.
    package var pause: Duration
    /// By how much it lowers the objective, as a share of what it was before the plan; 0 where that is not its purpose.
    package var gain: Double

    package var purpose: Purpose { reason.purpose }
}

extension PlanRow: CustomStringConvertible {
    package var description: String {
        "\(tenant) \(from) → \(to)  \(reason); \(Text.bytes(bytes)), round \(round), ~\(Text.span(duration)), pause "
            + "~\(Text.span(pause))" + (gain > 0 ? ", gain \(Text.percent(gain))" : "")
    }
}
