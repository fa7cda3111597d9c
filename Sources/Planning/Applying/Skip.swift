package import Vocabulary

/// Why a row is not applied: the world is no longer the one it was planned for. Nothing is ever forced.
package enum Skip: Equatable, Sendable, CustomStringConvertible {
    case expired(at: WallTime)
    /// The tenant, or its placement row, is gone.
    case gone
    /// Somebody changed the placement row.
    case version(planned: UInt64, found: UInt64)
    case owner(planned: NodeID, found: NodeID)
    case moving(to: NodeID?)
    case source(Inventory.Node.State)
    /// Its node was to be emptied, and is not any more.
    case undrained
    /// A node of the row is not in the inventory any more.
    case unknownNode(NodeID)
    case resting(Refusal.Why)
    case hindered(Hindrance)
    /// The tenant that it was to change places with did not go.
    case partner(TenantID)

    package var description: String {
        switch self {
        case .expired(let time): "the plan expired at \(Text.clock(time))"
        case .gone: "the tenant is gone"
        case .version(let planned, let found): "its placement changed: version \(planned) was planned for, now \(found)"
        case .owner(let planned, let found): "it is on \(found), not on \(planned)"
        case .moving(let target): "it is already moving" + (target.map { " to \($0)" } ?? "")
        case .source(let state): "its node is \(state.rawValue)"
        case .undrained: "its node is drained no more"
        case .unknownNode(let node): "\(node) is gone"
        case .resting(let why): "\(why)"
        case .hindered(let hindrance): "its target \(hindrance)"
        case .partner(let tenant): "\(tenant), with which it was to change places, did not go"
        }
    }
}
