package import Seams

/// The tokens of users' sessions: 256 random bits behind a readable prefix. Only their SHA-256 is kept anywhere.
package enum SessionToken {
    package static let prefix = "rh_sess_"
    private static let secretBytes = 32
    /// The prefix and 43 characters.
    static let textBytes = prefix.utf8.count + 43

    /// A token just made; it is shown once.
    package static func make(random: any RandomSource) -> (token: String, digest: [UInt8]) {
        let token = prefix + Base64URL.encode(random.bytes(secretBytes))
        return (token, Digests.sha256(Array(token.utf8)))
    }

    static func looksLikeOne(_ token: Substring) -> Bool { token.hasPrefix(prefix) }
}
