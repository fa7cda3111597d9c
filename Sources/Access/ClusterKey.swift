import Crypto
import FoundationEssentials

/// The secret that all nodes of a cluster share. It is never sent; each use derives a key of its own from it, so that what
/// one use makes is worth nothing to another.
package struct ClusterKey: Sendable {
    package static let minimumBytes = 32

    private let secret: SymmetricKey

    /// - Parameter bytes: of a file or of a key made at random; white space around it does not count.
    /// - Throws: `clusterKeyTooShort`.
    package init(_ bytes: [UInt8]) throws(AccessSetupError) {
        let isSpace: (UInt8) -> Bool = { $0 == 32 || (9...13).contains($0) }
        var trimmed = bytes.drop(while: isSpace)
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        guard trimmed.count >= Self.minimumBytes else { throw .clusterKeyTooShort(bytes: trimmed.count) }
        secret = SymmetricKey(data: Array(trimmed))
    }

    func derived(for purpose: String) -> SymmetricKey {
        SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8), using: secret)))
    }
}
