package import Vocabulary

extension Inventory {
    /// A move that was begun and has not ended. Its tenant still counts on `from`: listed there, or part of the rest.
    package struct Move: Equatable, Sendable {
        package var tenant: TenantID
        package var from: NodeID
        package var to: NodeID
        package var load: Load
        package var constraints: [Constraint]

        package init(tenant: TenantID, from: NodeID, to: NodeID, load: Load, constraints: [Constraint] = []) {
            self.tenant = tenant
            self.from = from
            self.to = to
            self.load = load
            self.constraints = constraints
        }
    }
}
