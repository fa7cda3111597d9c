/// Which node holds a tenant: the one catalog row that decides ownership (see the Membership and Rebalancing rooms).
package struct Placement: Hashable, Sendable {
    package enum State: String, Sendable {
        case stable
        case moving
    }

    package var tenant: TenantID
    package var owner: NodeID
    /// Grows only when the owner changes.
    package var epoch: Epoch
    /// Grows at every change of the row; every change is a compare-and-set on it.
    package var version: UInt64
    package var state: State
    /// Where a moving tenant goes.
    package var target: NodeID?
    /// The move under way.
    package var move: String?

    package init(
        tenant: TenantID, owner: NodeID, epoch: Epoch, version: UInt64, state: State = .stable, target: NodeID? = nil,
        move: String? = nil
    ) {
        self.tenant = tenant
        self.owner = owner
        self.epoch = epoch
        self.version = version
        self.state = state
        self.target = target
        self.move = move
    }
}
