package import Vocabulary

/// A hard rule that comes with a tenant. All of a tenant's constraints hold.
package enum Constraint: Hashable, Sendable {
    /// Only nodes with this label.
    case label(name: String, value: String)
    /// Only nodes in one of these zones.
    case zones([String])
    /// This node and no other.
    case pin(NodeID)
    /// Not this node.
    case forbid(NodeID)
    /// No two tenants of one such group on one node.
    case apart(String)
    /// No other tenant on its node.
    case alone
}
