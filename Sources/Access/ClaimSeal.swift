import Crypto
import FoundationEssentials
package import Vocabulary

/// Makes the tokens of claims, and tells them from made-up ones: any node with the same secret does, without asking anybody.
///
/// A token says when its reservation ends, what it is of (a name that only we can compute), and for which tenant it was made: a code
/// over all of it. So whoever may write in a tenant can fill its memory of tokens with reserved ones only, of which there
/// are few.
package struct ClaimSeal: Sendable {
    private let names: SymmetricKey
    private let codes: SymmetricKey

    package init(key: ClusterKey) {
        names = key.derived(for: "rowhouse claim name 1")
        codes = key.derived(for: "rowhouse claim code 1")
    }

    /// The same token for the same arguments.
    ///
    /// - Parameter salt: 128 bits, of this reservation alone. Need not be secret.
    package func make(
        _ namespace: String, _ value: String, for tenant: TenantID, until expires: WallTime, salt: [UInt8]
    ) -> (text: String, token: ClaimToken) {
        let name = Self.code(names, [Array(namespace.utf8), Array(value.utf8), salt]).prefix(ClaimToken.nameBytes)
        let time = withUnsafeBytes(of: expires.milliseconds.bigEndian) { Array($0) }
        let body = time + name
        let text = ClaimToken.prefix + Base64URL.encode(body + code(of: body, for: tenant))
        return (text, ClaimToken(text)!)
    }

    /// Whether it was made here, for a claim of this tenant.
    package func isGenuine(_ token: ClaimToken, of tenant: TenantID) -> Bool {
        Digests.areEqual(code(of: token.body, for: tenant), token.code)
    }

    private func code(of body: [UInt8], for tenant: TenantID) -> [UInt8] {
        let id = withUnsafeBytes(of: tenant.rawValue.bigEndian) { Array($0) }
        return Array(Self.code(codes, [id, body]).prefix(ClaimToken.codeBytes))
    }

    /// Each part with its length before it, so that no two lists are one text.
    private static func code(_ key: SymmetricKey, _ parts: [[UInt8]]) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: key)
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hmac.update(data: Array($0)) }
            hmac.update(data: part)
        }
        return Array(hmac.finalize())
    }
}
