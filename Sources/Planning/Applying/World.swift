package import Vocabulary

/// What a row is checked against just before it is applied.
package struct World: Sendable {
    /// Read for the row.
    package var placement: Placement?
    /// As it is now, constraints and trail too; nil: deleted.
    package var tenant: Inventory.Tenant?
    /// Made of the newest inventory, moves under way included. One serves many rows, if each that goes is counted in it
    /// (``Fleet/begin(_:_:)``).
    package var fleet: Fleet

    package init(placement: Placement?, tenant: Inventory.Tenant?, fleet: Fleet) {
        self.placement = placement
        self.tenant = tenant
        self.fleet = fleet
    }
}
