import Crypto
import FoundationEssentials

/// Seals small texts that clients carry for us, so that only we can have made them: payload ‖ HMAC-SHA256 cut to 16 bytes,
/// as base64url. Sealed, not hidden: anyone can read the payload.
package struct BatonSeal: Sendable {
    /// 128 bits: far beyond guessing over the network.
    static let codeBytes = 16
    /// Longer texts are refused unread.
    static let maximumTextBytes = 1024
    private static let purpose = "rowhouse baton 1"

    /// The key's state, prepared once and copied for each use.
    private let prepared: HMAC<SHA256>

    /// Every node with the same cluster key opens what another sealed.
    package init(key: ClusterKey) { prepared = HMAC(key: key.derived(for: Self.purpose)) }

    package func seal(_ payload: [UInt8]) -> String { Base64URL.encode(payload + code(for: payload)) }

    /// - Returns: the payload, or nil if the text was not made by `seal` with this key.
    package func open(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= Self.maximumTextBytes, let bytes = Base64URL.decode(text.utf8),
            bytes.count > Self.codeBytes
        else { return nil }
        let payload = Array(bytes.dropLast(Self.codeBytes))
        return Digests.areEqual(code(for: payload), Array(bytes.suffix(Self.codeBytes))) ? payload : nil
    }

    private func code(for payload: [UInt8]) -> [UInt8] {
        var hmac = prepared
        hmac.update(data: payload)
        return Array(hmac.finalize().prefix(Self.codeBytes))
    }
}
