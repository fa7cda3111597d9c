/// The admin tokens of a node.
package struct AdminTokens: Sendable {
    private let tokens: [AdminToken]

    package static let none = AdminTokens()

    private init() { tokens = [] }

    /// - Throws: `repeatedName`.
    package init(_ tokens: [AdminToken]) throws(AccessSetupError) {
        var names: Set<String> = []
        for token in tokens where !names.insert(token.name).inserted { throw .repeatedName(token.name) }
        self.tokens = tokens
    }

    package var isEmpty: Bool { tokens.isEmpty }

    static func looksLikeOne(_ token: some StringProtocol) -> Bool { token.hasPrefix(AdminToken.prefix) }

    /// Finds whose token it is. Takes as long for a near miss as for a far one: every entry is compared in full.
    ///
    /// - Returns: nil if it is nobody's.
    package func principal(for token: some StringProtocol) -> Principal? {
        guard token.utf8.count == AdminToken.textBytes, Self.looksLikeOne(token) else { return nil }
        let digest = Digests.sha256(Array(token.utf8))
        var found: AdminToken?
        for candidate in tokens where Digests.areEqual(candidate.digest, digest) { found = candidate }
        return found.map { .admin(name: $0.name, scopes: $0.scopes) }
    }
}
