import Access
import AsyncHTTPClient
import Cluster
import ControlPlane
import Foundation
import Seams
import Settings

/// What a node needs to talk to others: their shared key, and a client that signs with it.
struct NodeCluster: Sendable {
    let key: ClusterKey
    let signer: ClusterSigner
    /// Of the control plane's calls, and of requests that are relayed: each has a memory of its own.
    let callVerifier: ClusterVerifier
    let relayVerifier: ClusterVerifier
    let bodies: InternalBodies
    let peers: PeerClient

    /// Thousands a second; a node makes some tens.
    private static let rememberedCalls = 1 << 18

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
                key: key, signer: signer,
                callVerifier: ClusterVerifier(key: key, time: base.time, capacity: Self.rememberedCalls),
                relayVerifier: ClusterVerifier(key: key, time: base.time),
                bodies: InternalBodies(most: base.settings.limits.bodyMemory / 4),
                peers: PeerClient(client: client, signer: signer))
        } catch {
            throw ServeFailure.config("cluster.key-file: \(path): \(error)")
        }
    }
}
