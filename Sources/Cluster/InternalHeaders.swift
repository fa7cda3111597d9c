import Access

/// The headers that only nodes may send. From anybody else they are refused, never ignored: a request that carries one is
/// either signed or an attempt.
package enum InternalHeaders {
    package static let signature = ClusterSigner.header
    /// Which tenant, by id, epoch and key: `RelayStamp`.
    package static let stamp = "Rowhouse-Internal-Stamp"
    /// For whom, as the sending node has verified it: `RelayStamp`.
    package static let authority = "Rowhouse-Internal-Authority"
    /// SHA-256 of the body of a call between nodes, base64url: the signature is judged before any of the body is taken in.
    package static let digest = "Rowhouse-Internal-Digest"
    /// On the answer to a request whose signature was not good: why. Never sent on to a client.
    package static let refused = "Rowhouse-Internal-Refused"
    /// What all of them begin with, except the signature.
    package static let prefix = "Rowhouse-Internal-"

    /// Those of a relayed request.
    package static let all = [signature, stamp, authority]

    /// Whether a request with such a header must be signed. Also true for internal headers that a newer node may know.
    package static func contains(_ name: String) -> Bool {
        // Nearly every header ends here.
        guard let first = name.utf8.first, first | 0x20 == UInt8(ascii: "r") else { return false }
        return begins(name, with: prefix) || name.utf8.count == signature.utf8.count && begins(name, with: signature)
    }

    private static func begins(_ name: String, with prefix: String) -> Bool {
        name.utf8.count >= prefix.utf8.count && zip(name.utf8, prefix.utf8).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

/// Where nodes call each other. Without a valid signature these paths do not exist.
package enum InternalPaths {
    package static let root = "/.rowhouse/"
    package static let catalog = "/.rowhouse/catalog"
    package static let ping = "/.rowhouse/ping"

    package static func finishCreating(_ id: String) -> String { "/.rowhouse/tenants/\(id)/finish-creating" }
    package static func purge(_ id: String) -> String { "/.rowhouse/tenants/\(id)/purge" }
}
