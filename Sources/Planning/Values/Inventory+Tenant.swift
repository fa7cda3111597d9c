package import Vocabulary

extension Inventory {
    package struct Tenant: Equatable, Sendable {
        /// What moving it has come to before.
        package struct Trail: Equatable, Sendable {
            /// The last move: when it ended and where it came from.
            package var moved: WallTime?
            package var from: NodeID?
            /// Failures since the last success, and when the last was.
            package var failures: Int
            package var failed: WallTime?

            package init(
                moved: WallTime? = nil, from: NodeID? = nil, failures: Int = 0, failed: WallTime? = nil
            ) {
                self.moved = moved
                self.from = from
                self.failures = failures
                self.failed = failed
            }
        }

        package var id: TenantID
        package var node: NodeID
        /// Of its placement row.
        package var version: UInt64
        /// The slow average (30 minutes): what decisions rest on.
        package var load: Load
        /// The fast average (2 minutes): what a target must bear now.
        package var fast: Load
        package var constraints: [Constraint]
        package var trail: Trail?

        package init(
            id: TenantID, node: NodeID, version: UInt64, load: Load, fast: Load? = nil, constraints: [Constraint] = [],
            trail: Trail? = nil
        ) {
            self.id = id
            self.node = node
            self.version = version
            self.load = load
            self.fast = fast ?? load
            self.constraints = constraints
            self.trail = trail
        }
    }
}

extension Inventory.Tenant {
    var pin: NodeID? {
        for case .pin(let node) in constraints { return node }
        return nil
    }

    var group: String? {
        for case .apart(let group) in constraints { return group }
        return nil
    }

    var isAlone: Bool { constraints.contains(.alone) }
}
