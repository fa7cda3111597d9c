package import Vocabulary

extension Inventory {
    package struct Node: Equatable, Sendable {
        package enum State: String, Codable, Sendable {
            case up
            /// Not heard of for a while: nothing goes there, nothing can leave.
            case suspect
            /// Its tenants are to go; nothing goes there.
            case draining
            /// It has no right to serve.
            case fenced
        }

        package var id: NodeID
        package var state: State
        package var zone: String
        package var labels: [String: String]
        /// What it has to give; 0 in a dimension: unknown, the dimension is left out for this node.
        package var capacity: Load
        package var maximumTenants: Int
        /// Bytes on its disk that belong to no tenant it owns: journal, copies kept for a while.
        package var otherBytes: Int64
        /// Tenants that are not listed: how many, and their slow and fast averages together.
        package var restCount: Int
        package var rest: Load
        package var restFast: Load
        /// Where its overload has lasted; see ``OverloadHistory``.
        package var overloaded: DimensionSet
        package var holdsEmbeddedCatalog: Bool

        package init(
            id: NodeID, state: State = .up, zone: String = "", labels: [String: String] = [:], capacity: Load,
            maximumTenants: Int = 1_000_000, otherBytes: Int64 = 0, restCount: Int = 0, rest: Load = .zero,
            restFast: Load? = nil, overloaded: DimensionSet = [], holdsEmbeddedCatalog: Bool = false
        ) {
            self.id = id
            self.state = state
            self.zone = zone
            self.labels = labels
            self.capacity = capacity
            self.maximumTenants = maximumTenants
            self.otherBytes = otherBytes
            self.restCount = restCount
            self.rest = rest
            self.restFast = restFast ?? rest
            self.overloaded = overloaded
            self.holdsEmbeddedCatalog = holdsEmbeddedCatalog
        }
    }
}
