import Crypto
import FoundationEssentials

/// The secret that all nodes of a cluster share. It is never sent; each use derives a key of its own from it, so that what
/// one use makes is worth nothing to another.
package struct ClusterKey: Sendable {
    package static let minimumBytes = 32

    private let secret: SymmetricKey

    /// - Parameter bytes: at least 32, used as they are.
    /// - Throws: `clusterKeyTooShort`.
    package init(_ bytes: [UInt8]) throws(AccessSetupError) {
        guard bytes.count >= Self.minimumBytes else { throw .clusterKeyTooShort(bytes: bytes.count) }
        secret = SymmetricKey(data: bytes)
    }

    /// - Parameter contents: of a key file. White space around a text does not count, so that a final newline, which editors
    ///   add, makes no other key; a file of raw bytes is used as it is, whatever byte it ends with.
    /// - Throws: `clusterKeyTooShort`.
    package init(fileContents contents: [UInt8]) throws(AccessSetupError) {
        let isSpace: (UInt8) -> Bool = { $0 == 32 || (9...13).contains($0) }
        guard contents.allSatisfy({ isSpace($0) || (33...126).contains($0) }) else {
            try self.init(contents)
            return
        }
        var trimmed = contents.drop(while: isSpace)
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        try self.init(Array(trimmed))
    }

    func derived(for purpose: String) -> SymmetricKey {
        SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8), using: secret)))
    }
}
