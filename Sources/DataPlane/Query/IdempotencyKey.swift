import Crypto
import NIOCore

/// A caller's name for one request, under which it is done at most once.
struct IdempotencyKey: Hashable, Sendable {
    /// Bytes of a key, as UTF-8.
    static let bytes = 1...128

    let key: String
    /// SHA-256 of the request's body: another one under the same key is a mistake.
    let request: [UInt8]

    init(_ key: String, body: ByteBuffer) {
        self.key = key
        request = body.withUnsafeReadableBytes { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return Array(hash.finalize())
        }
    }
}
