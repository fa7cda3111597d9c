import Crypto

/// What is kept of a sign-up's key and of what it asked for: enough to know them again.
enum SignUpDigests {
    static func key(_ key: String, of caller: String) -> [UInt8] { digest(["rowhouse sign-up key", caller, key]) }

    /// Without the password: a plain digest of that could be searched.
    static func request(_ parts: [String]) -> [UInt8] { digest(["rowhouse sign-up"] + parts) }

    /// Each part with its length before it, so that no two lists are one text.
    private static func digest(_ parts: [String]) -> [UInt8] {
        var hasher = SHA256()
        for part in parts {
            let bytes = Array(part.utf8)
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hasher.update(bufferPointer: $0) }
            bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
        return Array(hasher.finalize())
    }
}
