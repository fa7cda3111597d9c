import Access
import Crypto
import NIOCore
import NIOHTTP1
import Vocabulary

/// What the signature of a relayed request covers: the same on both sides.
enum RelaySignature {
    /// - Parameter body: nil for an upload, which is sent on while it comes in.
    static func covered(
        _ head: HTTPRequestHead, body: ByteBuffer?, _ texts: (stamp: String, authority: String), for owner: NodeID
    ) -> SignedRequest {
        let digest = body?.withUnsafeReadableBytes { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return Array(hash.finalize())
        }
        return SignedRequest(
            method: head.method.rawValue, path: head.uri, body: digest.map { .sha256($0) } ?? .streamed,
            context: [texts.stamp, texts.authority, owner.name])
    }
}
