package import Catalog
package import Vocabulary

/// Which node a new tenant is given to: evenly over the nodes that are up, and the same answer wherever it is asked.
///
/// Rendezvous hashing: each node scores the key, the highest score wins; a node that comes or goes changes nobody else's
/// order. It only chooses; from then on the placement row decides.
package enum OwnerChoice {
    /// - Returns: nil where no node is up.
    package static func owner(of key: TenantKey, among nodes: [NodeRow]) -> NodeID? {
        let scored = nodes.filter { $0.state == .up }.map { (score: score(key, $0.id), id: $0.id) }
        return scored.max { ($0.score, $0.id) < ($1.score, $1.id) }?.id
    }

    private static func score(_ key: TenantKey, _ node: NodeID) -> UInt64 {
        hash(key.string, seed: hash(node.name, seed: 0))
    }

    private static func hash(_ text: String, seed: UInt64) -> UInt64 {
        var text = text
        return text.withUTF8 { PageHash.xxh64(UnsafeRawBufferPointer($0), seed: seed) }
    }
}
