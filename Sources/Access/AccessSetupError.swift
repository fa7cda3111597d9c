/// What is wrong with a credential in the configuration or the catalog; found at start, not by a request.
package enum AccessSetupError: Error, Equatable, Sendable, CustomStringConvertible {
    case emptyName
    case repeatedName(String)
    case badHash(name: String)
    case noScopes(name: String)
    case unknownScope(name: String, scope: String)
    /// Neither PEM of an Ed25519 key nor base64 of its 32 bytes.
    case badKey
    case repeatedKeyID(String)
    case tooManyKeys(limit: Int)
    case clusterKeyTooShort(bytes: Int)

    package var description: String {
        switch self {
        case .emptyName: "an admin token needs a name"
        case .repeatedName(let name): "there are two admin tokens named \(name)"
        case .badHash(let name):
            "sha256 of admin token \(name) must be 64 hexadecimal digits, as `rowhouse access token` prints them"
        case .noScopes(let name): "admin token \(name) has no scopes; give it admin, operator or read"
        case .unknownScope(let name, let scope):
            "admin token \(name) has the unknown scope \(scope); scopes are admin, operator, read"
        case .badKey: "a signing key must be an Ed25519 key in PEM, or the url-safe base64 of its 32 bytes"
        case .repeatedKeyID(let kid): "there are two signing keys with the id \(kid)"
        case .tooManyKeys(let limit): "there may be at most \(limit) signing keys"
        case .clusterKeyTooShort(let bytes):
            "the cluster key must have at least \(ClusterKey.minimumBytes) bytes; this one has \(bytes)"
        }
    }
}
