import Crypto

/// The SHA-256 of a token: what caches know tokens by, so that they hold no secrets.
struct TokenDigest: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(_ token: Substring) {
        var hasher = SHA256()
        if token.utf8.withContiguousStorageIfAvailable({ hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) })
            == nil
        {
            Array(token.utf8).withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
        words = hasher.finalize().withUnsafeBytes { bytes in
            (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            )
        }
    }

    /// As the catalog has it.
    var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    static func == (a: TokenDigest, b: TokenDigest) -> Bool { a.words == b.words }

    /// One word is as good as four: the bits of a digest are independent, and only tokens that were verified are kept.
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
