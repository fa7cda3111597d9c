import Vocabulary

/// A tenant as the hard rules see it, on its way to some node.
package struct Guest: Sendable {
    /// The larger of its averages: a target must bear both.
    package var load: Load
    package var constraints: [Constraint]

    /// - Parameter load: what a new tenant is expected to use.
    package init(load: Load, constraints: [Constraint] = []) {
        self.load = load
        self.constraints = constraints
    }

    init(_ tenant: Inventory.Tenant) {
        self.init(load: Load.larger(tenant.load, tenant.fast), constraints: tenant.constraints)
    }

    var isAlone: Bool { constraints.contains(.alone) }
}
