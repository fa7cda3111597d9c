import Access
import AsyncHTTPClient
import Cluster
import Foundation
import Seams
import Settings

/// What a node needs to talk to others: their shared key, and a client that signs with it.
struct NodeCluster: Sendable {
    let key: ClusterKey
    let signer: ClusterSigner
    let verifier: ClusterVerifier
    let peers: PeerClient

    /// - Returns: nil on a node that stands alone.
    /// - Throws: `ServeFailure.config` where the key's file cannot be used.
    static func make(_ base: NodeBase, client: HTTPClient) throws -> NodeCluster? {
        guard let path = base.settings.cluster.keyFile else { return nil }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ServeFailure.config("cluster.key-file: \(path) cannot be read")
        }
        do throws(AccessSetupError) {
            let key = try ClusterKey(fileContents: [UInt8](bytes))
            let signer = ClusterSigner(key: key, time: base.time, random: base.random)
            return NodeCluster(
                key: key, signer: signer, verifier: ClusterVerifier(key: key, time: base.time),
                peers: PeerClient(client: client, signer: signer))
        } catch {
            throw ServeFailure.config("cluster.key-file: \(path): \(error)")
        }
    }
}
