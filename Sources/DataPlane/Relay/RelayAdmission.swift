package import Access
package import Cluster
package import NIOCore
package import NIOHTTP1
package import Vocabulary

/// Tells a request that another node has relayed from one that a client sent, and from one that pretends.
package struct RelayAdmission: Sendable {
    package enum Judgement: Equatable, Sendable {
        /// A client's own: it has no internal headers.
        case direct
        /// To be served or refused here, on that authority, never relayed again.
        case relayed(RelayStamp)
        /// It has internal headers and no node of the cluster has sent it, or not now: 400.
        case refused(ClusterVerifier.Verdict)
    }

    private let verifier: ClusterVerifier
    private let node: NodeID

    /// - Parameter node: this one: a request that was signed for another is not taken.
    package init(verifier: ClusterVerifier, node: NodeID) {
        self.verifier = verifier
        self.node = node
    }

    /// - Parameter body: the whole of it; nil for an upload, which comes after its head.
    package func judge(_ head: HTTPRequestHead, body: ByteBuffer?) -> Judgement {
        var found: [String: String] = [:]
        for (name, value) in head.headers where InternalHeaders.contains(name) {
            // One that this node does not know is signed by nothing that it can check.
            guard let known = InternalHeaders.all.first(where: { $0.lowercased() == name.lowercased() }),
                found.updateValue(value, forKey: known) == nil
            else { return .refused(.malformed) }
        }
        guard !found.isEmpty else { return .direct }
        guard found.count == InternalHeaders.all.count, let stamp = found[InternalHeaders.stamp],
            let authority = found[InternalHeaders.authority],
            let parsed = RelayStamp(stamp: stamp, authority: authority)
        else { return .refused(.malformed) }
        let covered = RelaySignature.covered(head, body: body, (stamp, authority), for: node)
        let verdict = verifier.verify(covered, signature: found[InternalHeaders.signature])
        return verdict == .genuine ? .relayed(parsed) : .refused(verdict)
    }
}
