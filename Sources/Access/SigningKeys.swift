import Crypto
import FoundationEssentials

/// The Ed25519 keys that tenant tokens are checked against, and the one that signs new ones.
///
/// Rotation: add the new key as the signing one, keep the old one for verifying until its tokens have expired.
package struct SigningKeys: Sendable {
    /// A token without `kid` is tried against every key, at some 60 µs each; the limit bounds that.
    package static let limit = 16

    struct Verifying: Sendable {
        let kid: String
        let key: Curve25519.Signing.PublicKey
    }

    struct Signing: Sendable {
        let kid: String
        let key: Curve25519.Signing.PrivateKey
    }

    private(set) var verifying: [Verifying] = []
    private(set) var signing: Signing?

    /// No keys: every token is refused and none can be made.
    package init() {}

    package var signingID: String? { signing?.kid }
    package var canSign: Bool { signing != nil }
    package var canVerify: Bool { !verifying.isEmpty }
    /// Ids of the keys, in the order in which they were added.
    package var ids: [String] { verifying.map(\.kid) }

    /// Whether both verify and sign the same.
    func isSame(as other: SigningKeys) -> Bool {
        signing?.kid == other.signing?.kid && verifying.count == other.verifying.count
            && zip(verifying, other.verifying).allSatisfy {
                $0.kid == $1.kid && $0.key.rawRepresentation == $1.key.rawRepresentation
            }
    }

    /// Adds keys that verify only, as libSQL's servers take them: PEM blocks, several one after the other, or the base64 of
    /// 32 bytes.
    ///
    /// - Parameter kid: nil gives each key the id that follows from its bytes; with several keys it must be nil.
    /// - Throws: `badKey`, `repeatedKeyID`, `tooManyKeys`; nothing is added then.
    package mutating func addVerifying(_ text: String, kid: String? = nil) throws(AccessSetupError) {
        let raw = try KeyText.publicKeys(text)
        guard !raw.isEmpty, kid == nil || raw.count == 1 else { throw .badKey }
        var grown = self
        for bytes in raw {
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { throw .badKey }
            try grown.add(Verifying(kid: kid ?? Self.id(of: key), key: key))
        }
        self = grown
    }

    /// Adds a key that signs from now on, and verifies.
    ///
    /// - Parameter text: PKCS#8 PEM, or the base64 of the 32 bytes.
    /// - Throws: `badKey`, `repeatedKeyID`, `tooManyKeys`; nothing is added then.
    package mutating func addSigning(_ text: String, kid: String? = nil) throws(AccessSetupError) {
        let bytes = try KeyText.privateKey(text)
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes) else { throw .badKey }
        let id = kid ?? Self.id(of: key.publicKey)
        try add(Verifying(kid: id, key: key.publicKey))
        signing = Signing(kid: id, key: key)
    }

    /// Tokens of that key are refused from now on; if it was the signing key, nothing signs any more.
    package mutating func remove(kid: String) {
        verifying.removeAll { $0.kid == kid }
        if signing?.kid == kid { signing = nil }
    }

    private mutating func add(_ key: Verifying) throws(AccessSetupError) {
        guard !verifying.contains(where: { $0.kid == key.kid }) else { throw .repeatedKeyID(key.kid) }
        guard verifying.count < Self.limit else { throw .tooManyKeys(limit: Self.limit) }
        verifying.append(key)
    }

    /// The keys that a token may have been signed with: the one that it names, or all if it names none.
    func candidates(kid: String?) -> [Verifying] {
        guard let kid else { return verifying }
        return verifying.filter { $0.kid == kid }
    }

    /// Sixteen characters of the SHA-256 of the public key.
    static func id(of key: Curve25519.Signing.PublicKey) -> String {
        String(Base64URL.encode(Digests.sha256(key.rawRepresentation)).prefix(16))
    }

    /// The text of a new private key, as `addSigning` takes it.
    ///
    /// - Parameter seed: 32 random bytes.
    package static func privateKeyText(seed: [UInt8]) -> String {
        precondition(seed.count == 32)
        return Base64URL.encode(seed)
    }

    /// The public half of a private key's text, as `addVerifying` and libSQL's servers take it.
    ///
    /// - Throws: `badKey`.
    package static func publicKeyText(ofPrivate text: String) throws(AccessSetupError) -> String {
        let bytes = try KeyText.privateKey(text)
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes) else { throw .badKey }
        return Base64URL.encode(key.publicKey.rawRepresentation)
    }
}
