import Catalog
package import Planning
import Vocabulary

/// Which nodes may have the tenants of a schema.
package struct PlacementRules: Sendable {
    /// Each names zones, labels or nodes; none a group.
    private let bySchema: [String: [Constraint]]

    package static let none = PlacementRules([:])

    package init(_ bySchema: [String: [Constraint]]) { self.bySchema = bySchema.filter { !$0.value.isEmpty } }

    package subscript(schema: String) -> [Constraint] { bySchema[schema] ?? [] }

    /// The nodes that may not have them, by schema.
    func excluded(_ nodes: [NodeRow]) -> [(schema: String, nodes: [NodeID])] {
        bySchema.sorted { $0.key < $1.key }.map { schema, constraints in
            (schema, nodes.filter { node in constraints.contains { !Self.allows($0, node) } }.map(\.id))
        }
    }

    private static func allows(_ constraint: Constraint, _ node: NodeRow) -> Bool {
        switch constraint {
        case .label(let name, let value): node.labels[name] == value
        case .zones(let zones): zones.contains(node.zone)
        case .pin(let pin): pin == node.id
        case .forbid(let forbidden): forbidden != node.id
        case .apart, .alone: true
        }
    }
}
