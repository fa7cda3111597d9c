import Crypto
package import Seams
import Vocabulary

/// Signs requests to other nodes.
package struct ClusterSigner: Sendable {
    /// The header that carries the signature.
    package static let header = "Rowhouse-Signature"
    static let purpose = "rowhouse request 1"

    /// The key's state, prepared once and copied for each use.
    private let prepared: HMAC<SHA256>
    private let time: any TimeSource
    private let random: any RandomSource

    package init(key: ClusterKey, time: any TimeSource, random: any RandomSource) {
        prepared = HMAC(key: key.derived(for: Self.purpose))
        self.time = time
        self.random = random
    }

    /// The header's value, good for one request within 30 s.
    package func sign(_ request: SignedRequest) -> String {
        let now = time.wall().milliseconds
        let nonce = random.next()
        let code = RequestSignature.code(for: request, time: now, nonce: nonce, prepared: prepared)
        return RequestSignature(time: now, nonce: nonce, code: code).text
    }
}
