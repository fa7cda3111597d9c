package import Seams

/// One admin token as the configuration knows it: never the token itself, only its SHA-256.
package struct AdminToken: Hashable, Sendable {
    static let prefix = "rh_admin_"
    /// Random bytes in a token: 256 bits, so that a plain SHA-256 of it cannot be searched.
    private static let secretBytes = 32
    /// The prefix and 43 characters.
    static let textBytes = prefix.utf8.count + 43

    package let name: String
    package let scopes: AdminScopes
    let digest: [UInt8]

    /// - Parameter sha256: 64 hexadecimal digits.
    /// - Throws: `emptyName`, `badHash`, `noScopes`, `unknownScope`.
    package init(name: String, sha256: String, scopes: [String]) throws(AccessSetupError) {
        guard !name.isEmpty else { throw .emptyName }
        guard let digest = Digests.bytes(hex: sha256), digest.count == 32 else { throw .badHash(name: name) }
        guard !scopes.isEmpty else { throw .noScopes(name: name) }
        var known: [AdminScope] = []
        for scope in scopes {
            guard let one = AdminScope(rawValue: scope) else { throw .unknownScope(name: name, scope: scope) }
            known.append(one)
        }
        self.name = name
        self.scopes = AdminScopes(known)
        self.digest = digest
    }

    /// A token just made. It is shown once and kept nowhere.
    package struct New: Sendable {
        package let token: String
        package let sha256: String
        /// The line for `access.admin-tokens` in the configuration file.
        package let configLine: String
    }

    /// Makes a token from 256 random bits.
    package static func make(name: String, scopes: [AdminScope], random: any RandomSource) -> New {
        let token = prefix + Base64URL.encode(random.bytes(secretBytes))
        let sha256 = Digests.hex(Digests.sha256(Array(token.utf8)))
        let list = scopes.map(\.rawValue).joined(separator: ", ")
        // Both quoted: YAML reads an unquoted 12e4 as a number.
        let line = "- {name: \(quoted(name)), sha256: \"\(sha256)\", scopes: [\(list)]}"
        return New(token: token, sha256: sha256, configLine: line)
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                quoted += "\\x" + Digests.hex([UInt8(scalar.value)])
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
