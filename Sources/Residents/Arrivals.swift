package import Vocabulary

/// Copies of tenants that other nodes are sending to this one.
package protocol Arrivals: Sendable {
    /// A fresh row names this node as the owner, but the tenant's file is not here under that epoch: if a copy that this
    /// node has answered for belongs to it, it is adopted before this returns.
    ///
    /// - Returns: false if there is no such copy.
    func settle(_ row: Placement) async -> Bool
}

/// Of a node that nobody moves tenants to.
package struct NoArrivals: Arrivals {
    package init() {}
    package func settle(_ row: Placement) async -> Bool { false }
}
